using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Conversations.Forgetting;

/// <summary>A project of a person's own chat.</summary>
internal sealed record OwnProject(Guid Id, string Name, string Status, int Run);

/// <summary>The SQL that forgets a person, wherever this database names one. The audit trail forgets by its own room.</summary>
internal sealed class ForgetStore
{
    /// <summary>The projects of the person's own chat, which go with the person; locked until the transaction ends.</summary>
    public async Task<IReadOnlyList<OwnProject>> OwnProjectsAsync(NpgsqlConnection connection, string person, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<OwnProject>(Command("/* name: forget.own_projects */ select id, name, status, run from projects where address = @person order by created_at for update", new { person }, cancellationToken))];

    /// <summary>The ids of the gates' orchestrations of these projects.</summary>
    public async Task<IReadOnlyList<string>> GateInstancesAsync(NpgsqlConnection connection, string person, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<string>(Command(
            "/* name: forget.gate_instances */ select g.instance_id from gates g join projects p on p.id = g.project_id where p.address = @person", new { person }, cancellationToken))];

    /// <summary>Deletes the person's own projects, messages and name; in projects of others, who decided becomes <c>forgotten</c>.</summary>
    public async Task ForgetAsync(NpgsqlConnection connection, string person, CancellationToken cancellationToken)
    {
        string[] statements =
        [
            "/* name: forget.projects */ delete from projects where address = @person",
            "/* name: forget.messages */ delete from messages where inbox_id in (select id from inbox where person = @person)",
            "/* name: forget.inbox */ delete from inbox where person = @person or address = @person",
            "/* name: forget.outbox */ delete from outbox where address = @person",
            "/* name: forget.parked */ delete from parked_addresses where address = @person",
            "/* name: forget.conversation */ delete from conversations where address = @person",
            "/* name: forget.owed */ delete from owed_reasons where person = @person",
            "/* name: forget.approver */ delete from project_approvers where person = @person",
            "/* name: forget.taken */ update offers set taken_by = 'forgotten' where taken_by = @person",
            """
            /* name: forget.shown_decisions */
            delete from outbox o using gates g where g.decided_by = @person and starts_with(o.domain_key, 'gate:' || g.id)
            """,
            """
            /* name: forget.decided */
            update gates set decided_by = 'forgotten', decided_via = 'forgotten', reason = case when reason is null then null else '(forgotten)' end where decided_by = @person
            """,
            "/* name: forget.created */ update projects set created_by = 'forgotten' where created_by = @person",
            "/* name: forget.tokens */ delete from api_tokens where person = @person",
            "/* name: forget.person */ delete from people where person = @person",
        ];
        foreach (var statement in statements)
        {
            await connection.ExecuteAsync(Command(statement, new { person }, cancellationToken));
        }
    }
}
