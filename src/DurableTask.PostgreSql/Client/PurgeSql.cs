namespace DurableTask.PostgreSql.Client;

// Finished instances and, when asked for, their finished descendants; everything that belongs to an instance goes with its row.
internal static class PurgeSql
{
    public const string One =
        """
        /* name: durable.purge_instance */
        with recursive doomed as (
            select instance_id from durable.instances where instance_id = $1 and finished_at is not null
            union
            select child.instance_id from doomed join durable.instances as child on child.parent_instance_id = doomed.instance_id where $2 and child.finished_at is not null
        )
        delete from durable.instances as i using doomed where i.instance_id = doomed.instance_id and i.finished_at is not null
        """;

    // Portions, so that a purge of years holds no lock for long.
    public const string Portion =
        """
        /* name: durable.purge_portion */
        with recursive met as (
            select instance_id from durable.instances
            where finished_at is not null and ($1::timestamptz is null or created_at >= $1) and ($2::timestamptz is null or created_at <= $2)
              and (cardinality($3::text[]) = 0 or status = any ($3)) and starts_with(instance_id, $4)
            limit 500
        ), doomed as (
            select instance_id from met
            union
            select child.instance_id from doomed join durable.instances as child on child.parent_instance_id = doomed.instance_id where $5 and child.finished_at is not null
        )
        delete from durable.instances as i using doomed where i.instance_id = doomed.instance_id and i.finished_at is not null
        """;
}
