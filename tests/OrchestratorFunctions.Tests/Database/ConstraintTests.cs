using Dapper;
using Npgsql;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Database;

/// <summary>What the schema itself refuses, whatever the code does.</summary>
public sealed class ConstraintTests(ConstraintTests.OneOfEach shared) : IClassFixture<ConstraintTests.OneOfEach>
{
    private const string Sha = "'0000000000000000000000000000000000000000000000000000000000000000'";

    [Theory]
    [InlineData("insert into people values ('ada', 'Ada', now())", "people_person_check")]
    [InlineData("update projects set name = ''", "projects_name_check")]
    [InlineData("update projects set name = repeat('x', 201)", "projects_name_check")]
    [InlineData("update projects set repository = 'acme/app/x'", "projects_repository_check")]
    [InlineData("update projects set repository = 'app'", "projects_repository_check")]
    [InlineData("update projects set status = 'DONE'", "projects_status_check")]
    [InlineData("update projects set run = -1", "projects_check")]
    [InlineData("update projects set run = 1, run_started = 2", "projects_check")]
    [InlineData("update projects set signal_seen = signal + 1", "projects_check1")]
    [InlineData("update projects set status = 'PAUSED'", "a_paused_project_knows_where_it_was")]
    [InlineData("update projects set paused_from = 'PLANNING'", "a_paused_project_knows_where_it_was")]
    [InlineData("insert into project_approvers select id, 'telegram:1001', now() from projects", "project_approvers_pkey")]
    [InlineData("insert into inbox (source, delivery_id, address, person, kind, payload, received_at, status, not_before) values ('s', '1', 'a', 'p', 'VOICE', '{}', now(), 'OPEN', now())", "inbox_kind_check")]
    [InlineData("insert into inbox (source, delivery_id, address, person, kind, payload, received_at, status, not_before) values ('s', '1', 'a', 'p', 'TEXT', '{}', now(), 'DONE', now())", "finished_rows_have_a_time")]
    [InlineData("insert into inbox (source, delivery_id, address, person, kind, payload, received_at, status, not_before) select 's', '1', 'a', 'p', 'TEXT', '{}', now(), 'OPEN', now() from generate_series(1, 2)", "one_row_per_delivery")]
    [InlineData("insert into outbox (domain_key, address, markdown, not_before, created_at) select 'k', 'a', 'm', now(), now() from generate_series(1, 2)", "said_once")]
    [InlineData("insert into outbox (domain_key, address, markdown, status, not_before, created_at) values ('k', 'a', 'm', 'SENT', now(), now())", "finished_messages_have_a_time")]
    [InlineData("insert into buttons values ('tooshort', 'v', null, now())", "buttons_token_check")]
    [InlineData("insert into buttons values (repeat('x', 65), 'v', null, now())", "buttons_token_check")]
    [InlineData("insert into buttons select repeat('x', 22), 'v', null, now() from generate_series(1, 2)", "buttons_pkey")]
    [InlineData("insert into topics select gen_random_uuid(), id, 'two', now(), null from projects", "one_open_topic_per_project")]
    [InlineData("insert into audit_entries values (1, now(), 'a', 'b', null, '{}', 'maybe', null, sha256(''))", "audit_entries_result_check")]
    [InlineData("insert into audit_entries values (1, now(), 'a', 'b', null, '{}', 'success', null, 'short')", "audit_entries_hash_check")]
    [InlineData("insert into audit_entries values (2, now(), 'a', 'b', null, '{}', 'success', null, sha256(''))", "the_chain_has_no_gap")]
    [InlineData("insert into audit_entries (id, at, action, actor, details, result, hash, chain, position) values (7, now(), 'a', 'b', '{}', 'success', sha256(''), gen_random_uuid(), 2)", "the_chain_has_no_gap")]
    [InlineData("insert into audit_entries (id, at, action, actor, details, result, hash, chain, position) select n, now(), 'a', 'b', '{}', 'success', sha256(''), '00000000-0000-0000-0000-000000000000', 1 from generate_series(7, 8) n", "one_entry_per_place")]
    [InlineData("insert into audit_entries (id, at, action, actor, details, result, hash, chain) values (1, now(), 'a', 'b', '{}', 'success', sha256(''), gen_random_uuid())", "a_place_is_in_a_chain")]
    [InlineData("insert into documents select id, 'PLAN', 0, 'k', 'm', 'c', " + Sha + ", null, null, null, true, null, now() from projects", "documents_version_check")]
    [InlineData("insert into documents select id, 'PLAN', 1, 'k', 'm', 'c', 'no hash', null, null, null, true, null, now() from projects", "documents_sha256_check")]
    [InlineData("insert into documents select id, 'PLAN', n, 'k', 'm', 'c', " + Sha + ", null, null, null, true, null, now() from projects, generate_series(1, 2) n", "documents_domain_key_key")]
    public async Task The_schema_refuses(string sql, string constraint)
    {
        var refusal = await shared.RefusedAsync(sql);
        Assert.Equal(constraint, refusal.ConstraintName);
    }

    [Theory]
    [InlineData("update gates set status = 'APPROVED'", "a_closed_gate_knows_when")]
    [InlineData("update gates set decided_at = now()", "a_closed_gate_knows_when")]
    [InlineData("update gates set status = 'APPROVED', decided_at = now()", "a_decision_has_a_decider")]
    [InlineData("update gates set status = 'APPROVED', decided_at = now(), decided_by = 'p'", "a_decision_has_a_decider")]
    [InlineData("update gates set status = 'EXPIRED', decided_at = now(), decided_by = 'p', decided_via = 'v'", "a_decision_has_a_decider")]
    [InlineData("update gates set status = 'REJECTED', decided_at = now(), decided_by = 'p', decided_via = 'v'", "a_rejection_has_a_reason")]
    [InlineData("update gates set status = 'REJECTED', decided_at = now(), decided_by = 'p', decided_via = 'v', reason = ''", "a_rejection_has_a_reason")]
    [InlineData("update gates set status = 'RETRIED', decided_at = now(), decided_by = 'p', decided_via = 'v'", "only_errors_are_retried")]
    [InlineData("update gates set status = 'SKIPPED', decided_at = now(), decided_by = 'p', decided_via = 'v'", "only_what_may_be_skipped_is")]
    [InlineData("update gates set document_version = null", "a_gate_judges_exactly_one_document")]
    [InlineData("update gates set document_sha256 = null", "a_gate_judges_exactly_one_document")]
    [InlineData("update gates set kind = 'ERROR_RESOLUTION'", "a_gate_judges_exactly_one_document")]
    [InlineData("update gates set document_sha256 = " + Sha, "the_judged_document_exists")]
    [InlineData("update gates set document_version = 2", "the_judged_document_exists")]
    [InlineData("update gates set kind = 'PLAN'", "the_judged_document_exists")]
    [InlineData("insert into gates (id, project_id, instance_id, kind, title, created_at, remind_at, expires_at) select gen_random_uuid(), project_id, 'i', 'ERROR_RESOLUTION', 't', now(), now(), now() from gates", "one_open_gate_per_project")]
    [InlineData("insert into offers (id, project_id, kind, topic_id, created_at) select gen_random_uuid(), project_id, 'GENERATE_VISION', id, now() from topics, generate_series(1, 2)", "one_standing_vision_offer_per_topic")]
    [InlineData("insert into offers (id, project_id, kind, topic_id, created_at, taken_by) select gen_random_uuid(), project_id, 'GENERATE_VISION', id, now(), 'p' from topics", "a_taken_offer_has_a_taker")]
    [InlineData("insert into offers (id, project_id, kind, topic_id, created_at, reason) select gen_random_uuid(), project_id, 'CHANGE', id, now(), 'r' from topics", "a_change_names_gate_and_reason")]
    [InlineData("insert into messages (address, project_id, topic_id, role, content, inbox_id, created_at) select 'a', project_id, id, 'USER', 'c', 1, now() from topics, generate_series(1, 2)", "one_message_per_delivery_and_role")]
    [InlineData("insert into messages (address, project_id, topic_id, role, content, inbox_id, created_at) select 'a', project_id, id, 'SYSTEM', 'c', 1, now() from topics", "messages_role_check")]
    public async Task The_schema_refuses_at_a_gate_or_in_a_talk(string sql, string constraint)
    {
        var refusal = await shared.RefusedAsync(sql);
        Assert.Equal(constraint, refusal.ConstraintName);
    }

    [Theory]
    [InlineData("ada_acme/app")]
    [InlineData("acme-/.github")]
    [InlineData("ac--me/a")]
    public async Task What_names_a_repository_is_one_for_the_schema_too(string name)
    {
        Assert.Equal(name, RepositoryName.Parse(name));
        // That it goes on to the statement which is refused shows that these were not.
        var refusal = await shared.RefusedAsync(
            "update projects set repository = 'app'", after: $"update projects set repository = '{name}'; insert into repositories (id, full_name, updated_at) values (7, '{name}', now())");
        Assert.Equal("projects_repository_check", refusal.ConstraintName);
    }

    [Theory]
    [InlineData("CANCELLED", "PLANNING")]
    [InlineData("CANCELLED", "COMPLETED")]
    [InlineData("COMPLETED", "BRAINSTORMING")]
    [InlineData("COMPLETED", "CANCELLED")]
    public async Task A_terminal_project_is_final(string end, string next)
    {
        var refusal = await shared.RefusedAsync($"update projects set status = '{next}'", after: $"update projects set status = '{end}'; update projects set status = '{end}'");
        Assert.Contains("which is final", refusal.MessageText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("update documents set markdown = 'other'")]
    [InlineData("update documents set sha256 = " + Sha)]
    [InlineData("update audit_entries set actor = 'mallory'")]
    [InlineData("delete from audit_entries")]
    [InlineData("truncate audit_entries")]
    public async Task What_is_append_only_does_not_change(string sql)
    {
        var refusal = await shared.RefusedAsync(sql, after: "insert into audit_entries values (1, now(), 'a', 'b', null, '{}', 'success', null, sha256(''))");
        Assert.Contains("append-only", refusal.MessageText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status = 'PENDING', decided_at = null, decided_by = null, decided_via = null")]
    [InlineData("decided_by = 'telegram:666'")]
    [InlineData("reason = 'something else'")]
    [InlineData("document_version = 1, status = 'EXPIRED', decided_by = null, decided_via = null")]
    public async Task A_decided_gate_is_final_and_may_only_be_acknowledged(string change)
    {
        var refusal = await shared.RefusedAsync(
            $"update gates set {change}",
            after: "update gates set status = 'REJECTED', decided_at = now(), decided_by = 'p', decided_via = 'v', reason = 'blue'; update gates set acknowledged_at = now()");
        Assert.Contains("which is final", refusal.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_goes_with_all_that_belongs_to_it_and_the_audit_stays()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.VisionReview);
        await rooms.DecideAsync(await rooms.VisionGateAsync(project.Id), GateStatus.Approved);
        await rooms.ExecuteAsync("delete from projects");
        Assert.Equal(0, await rooms.ReadAsync<int>("select (select count(*) from gates) + (select count(*) from documents) + (select count(*) from project_approvers)"));
        Assert.Equal(["approval_granted success"], await rooms.AuditAsync());
    }

    /// <summary>A project with a topic and an open gate for its vision; every test takes back what it did.</summary>
    public sealed class OneOfEach : IAsyncLifetime
    {
        private Rooms rooms = null!;

        public async Task InitializeAsync()
        {
            rooms = await Rooms.CreateAsync();
            await rooms.VisionGateAsync((await rooms.ProjectAsync(ProjectStatus.VisionReview)).Id);
            await rooms.ExecuteAsync("insert into topics select gen_random_uuid(), id, 'one', now(), null from projects");
        }

        /// <summary>What the database says to <paramref name="sql"/>; fails when it says yes.</summary>
        public async Task<PostgresException> RefusedAsync(string sql, string after = "")
        {
            await using var connection = await rooms.DataSource.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            if (after.Length > 0)
            {
                await connection.ExecuteAsync(after);
            }

            return await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync(sql));
        }

        public async Task DisposeAsync() => await rooms.DisposeAsync();
    }
}
