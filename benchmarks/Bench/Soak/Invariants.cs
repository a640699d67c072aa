using Npgsql;

namespace Bench.Soak;

// What must be true when everybody has stopped and everything accepted is done. Each line is a question to the database whose answer is nought.
internal static class Invariants
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly (string Broken, string Count)[] All =
    [
        ("messages that were accepted and not handled", "select count(*) from inbox where status <> 'DONE'"),
        ("messages that were not sent", "select count(*) from outbox where status <> 'SENT'"),
        ("gates whose decision the workflow has not taken", "select count(*) from gates where status <> 'PENDING' and acknowledged_at is null"),
        ("instances that failed or are parked", "select count(*) from durable.instances where status = 'FAILED' or parked_reason is not null"),
        ("activities that are parked", "select count(*) from durable.activities where parked_reason is not null"),
        ("projects that are neither completed nor of the one who only asks", "select count(*) from projects where status not in ('COMPLETED', 'BRAINSTORMING')"),
        ("gates without exactly one entry of their approval in the audit trail",
            """
            select count(*) from gates as g
            where g.status = 'APPROVED' and (select count(*) from audit_entries as a where a.action = 'approval_granted' and a.details ->> 'gate' = g.id::text) <> 1
            """),
        ("commands of the coding agent that were begun twice",
            "select count(*) from (select project_id, command, count(*) from scar_executions group by project_id, command having count(*) > 1) as twice"),
    ];

    public static async Task<IReadOnlyList<string>> BrokenAsync(SoakStage stage)
    {
        List<string> broken = [];
        var end = DateTime.UtcNow + Patience;
        foreach (var (what, sql) in All)
        {
            long count;
            // What was accepted last may still be under way.
            while ((count = await CountAsync(stage, sql)) > 0 && DateTime.UtcNow < end)
            {
                await Task.Delay(200);
            }

            if (count > 0)
            {
                broken.Add($"{count} {what}");
            }
        }

        var runs = stage.StandIns.Scar.Runs.GroupBy(run => (run.ConversationId, run.Command)).Count(group => group.Count() > 1);
        return runs > 0 ? [.. broken, $"{runs} commands that the agent itself saw twice"] : broken;
    }

    private static async Task<long> CountAsync(SoakStage stage, string sql)
    {
        for (; ; await Task.Delay(200))
        {
            try
            {
                await using var command = stage.Database.DataSource.CreateCommand(sql);
                return (long)(await command.ExecuteScalarAsync())!;
            }
            catch (NpgsqlException cut) when (cut is not PostgresException { SqlState: [not '5', ..] })
            {
                // A connection of the pool that the last fault has cut.
            }
        }
    }
}
