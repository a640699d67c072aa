using System.Text.RegularExpressions;
using DurableTask.PostgreSql.Instances;
using DurableTask.PostgreSql.Tests.Hub;

namespace DurableTask.PostgreSql.Tests.Schema;

// Plans are kept. One that was made when the inbox, the work or the timers had just been vacuumed empty, or when few instances were known, must not go through all of them for each batch
// when there are many.
public class StatementPlanTests
{
    [Theory]
    [InlineData("commit_steps")]
    [InlineData("take_mail")]
    [InlineData("claim_mail", "instances")]
    [InlineData("claim_activities")]
    [InlineData("take_activities")]
    [InlineData("complete_activities")]
    [InlineData("extend_activities")]
    [InlineData("fire_timers")]
    [InlineData("is_work_ready")]
    [InlineData("unknown_instances", "instances")]
    public Task A_statement_planned_on_empty_tables_finds_its_rows_by_their_keys(string name, string also = "timers") => FindsItsRowsByKeysAsync(EngineStatements.Named(name), also);

    [Fact]
    public Task A_step_that_is_committed_alone_finds_its_rows_by_their_keys() => FindsItsRowsByKeysAsync(StepSql.Move.OfOne, "instances");

    // Nobody has counted yet what is there: on a hub that is new, or just after a quiet time.
    [Theory]
    [InlineData("claim_mail")]
    [InlineData("claim_activities")]
    [InlineData("fire_timers")]
    public async Task A_queue_is_taken_from_its_front_and_not_sorted_for_each_batch(string name)
    {
        await using var hub = await TestHub.CreateAsync();
        var plan = await PlanAsync(
            hub,
            """
            insert into durable.instances (instance_id, execution_id, name, version, status, created_at, updated_at, start_at)
                select n, 'x', 'Any', '', 'RUNNING', now(), now(), now() from generate_series(1, 1500) as n;
            insert into durable.messages (instance_id, visible_at, event) select n, now(), 'e' from generate_series(1, 780) as n;
            insert into durable.activities (instance_id, execution_id, task_id, name, ready_at) select n, 'x', 1, 'Any', now() from generate_series(1, 100) as n;
            insert into durable.timers (instance_id, execution_id, task_id, fire_at, event) select n, 'x', 1, now(), 'e' from generate_series(1, 100) as n
            """,
            EngineStatements.Named(name));
        var locked = plan.FindIndex(line => line.Contains("LockRows", StringComparison.Ordinal));
        Assert.True(locked >= 0);
        Assert.DoesNotContain("Sort", plan[locked + 1], StringComparison.Ordinal);
        Assert.DoesNotContain(plan, line => line.Contains("Materialize", StringComparison.Ordinal));
    }

    private static async Task FindsItsRowsByKeysAsync(string sql, string also)
    {
        await using var hub = await TestHub.CreateAsync();
        var plan = await PlanAsync(hub, "vacuum analyze", sql);
        string[] looks = [.. plan.Zip(plan.Skip(1), (line, next) => (line, next)).Where(two => Regex.IsMatch(two.line, $@"Scan.* on (messages|activities|timers|{also})\b")).Select(two => two.next.Trim())];
        Assert.NotEmpty(looks);
        Assert.All(looks, look => Assert.Matches("^(Index|TID) Cond: ", look));
        Assert.DoesNotContain(plan, line => line.Contains("hashed SubPlan", StringComparison.Ordinal));
    }

    private static async Task<List<string>> PlanAsync(TestHub hub, string before, string sql)
    {
        var nulls = string.Join(", ", Enumerable.Repeat("null", Regex.Matches(sql, @"\$(\d+)").Max(number => int.Parse(number.Groups[1].Value))));
        await using var connection = await hub.Database.DataSource.OpenConnectionAsync();
        foreach (var statement in (string[])[before, EngineStatements.Named("settings"), $"prepare planned as {sql}"])
        {
            await using var command = new Npgsql.NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }

        List<string> plan = [];
        await using var explain = new Npgsql.NpgsqlCommand($"explain (costs off) execute planned({nulls})", connection);
        await using var reader = await explain.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            plan.Add(reader.GetString(0));
        }

        return plan;
    }
}
