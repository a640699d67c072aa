using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Approvals;

/// <summary>The SQL of reasons that are owed: somebody pressed Change and has not said yet why.</summary>
internal sealed class OwedReasons(TimeProvider time)
{
    /// <summary>The person's next message in this chat is the reason.</summary>
    public Task OweAsync(NpgsqlConnection connection, Guid gateId, string person, string address, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            """
            /* name: owed_reasons.owe */
            insert into owed_reasons (gate_id, person, address, requested_at) values (@gateId, @person, @address, @now)
            on conflict (gate_id, person) do update set address = excluded.address, requested_at = excluded.requested_at
            """,
            new { gateId, person, address, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>The open gate that the person owes a reason for here, the newest when there are several; null when none.</summary>
    public Task<Guid?> OwedAsync(NpgsqlConnection connection, string person, string address, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Guid?>(Command(
            """
            /* name: owed_reasons.find */
            select o.gate_id from owed_reasons o join gates g on g.id = o.gate_id and g.status = 'PENDING'
            where o.person = @person and o.address = @address order by o.requested_at desc limit 1
            """,
            new { person, address }, cancellationToken));

    /// <summary>Nothing is owed for this gate any more.</summary>
    public Task ForgetAsync(NpgsqlConnection connection, Guid gateId, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command("/* name: owed_reasons.forget */ delete from owed_reasons where gate_id = @gateId", new { gateId }, cancellationToken));
}
