using System.Text.RegularExpressions;
using Dapper;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Database;

/// <summary>What every process looks for every few seconds must not cost more with each project that is finished.</summary>
public sealed class SmallLookTests
{
    private const string History =
        """
        insert into projects (id, name, address, created_by, status, created_at, updated_at)
            select gen_random_uuid(), 'x', 'telegram:' || n, 'telegram:' || n, 'COMPLETED', now(), now() from generate_series(1, 20000) n;
        insert into documents (project_id, kind, version, domain_key, markdown, content, sha256, confirmed, created_at)
            select id, 'VISION', 1, id::text, 'x', 'x', repeat('0', 64), true, now() from projects;
        insert into gates (id, project_id, instance_id, kind, document_version, document_sha256, title, status, decided_by, decided_at, decided_via, created_at, remind_at, expires_at, acknowledged_at)
            select gen_random_uuid(), id, 'x', 'VISION', 1, repeat('0', 64), 'x', 'APPROVED', created_by, now(), 'x', now(), now(), now(), now() from projects;
        insert into inbox (source, delivery_id, address, person, kind, payload, received_at, status, not_before, finished_at)
            select 'x', n::text, 'telegram:' || n, 'telegram:' || n, 'TEXT', '{}', now(), 'DONE', now(), now() from generate_series(1, 20000) n;
        insert into outbox (domain_key, address, markdown, status, not_before, created_at, finished_at)
            select n::text, 'telegram:' || n, 'x', 'SENT', now(), now(), now() from generate_series(1, 20000) n;
        insert into repositories (id, full_name, updated_at) values (1, 'octocat/demo', now());
        insert into buttons (token, verb, created_at) values ('a-token-of-16-characters', 'x', now());
        insert into github_checks (gate_id, repository_id, pull_number, approve_token, change_token, shown, check_run_id, not_before, created_at)
            select id, 1, 1, 'a-token-of-16-characters', 'a-token-of-16-characters', 'APPROVED', row_number() over (), now(), now() from gates;
        """;

    [Fact]
    public async Task What_sweeps_and_gauges_look_for_is_found_without_reading_what_is_finished()
    {
        await using var database = await Rooms.DatabaseAsync();
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(History);
        foreach (var table in new[] { "projects", "documents", "gates", "inbox", "outbox", "github_checks" })
        {
            await connection.ExecuteAsync($"vacuum analyze {table}");
        }

        var read = new List<string>();
        foreach (var name in new[] { "projects.unstarted", "projects.unseen", "gates.unacknowledged", "inbox.stale_addresses", "outbox.due_addresses", "github_checks.stale", "github_checks.unshown", "gauges.read", "outbox.is_said", "api.projects" })
        {
            var statement = SqlStatements.In("OrchestratorFunctions").Single(one => one.Name == name).Text;
            var plan = await connection.QueryAsync<string>($"explain {Regex.Replace(statement, "@[a-zA-Z]+", name == "outbox.is_said" ? "'x'" : "now()")}");
            // The people and the engine's own tables are few here, and read as a whole.
            read.AddRange(plan.Where(line => Regex.IsMatch(line, @"Seq Scan on (projects|documents|gates|inbox|outbox|github_checks)\b")).Select(line => $"{name}: {line.Trim()}"));
        }

        Assert.Empty(read);
    }
}
