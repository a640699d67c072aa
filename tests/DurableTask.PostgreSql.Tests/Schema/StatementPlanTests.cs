using System.Text.RegularExpressions;
using DurableTask.PostgreSql.Tests.Hub;

namespace DurableTask.PostgreSql.Tests.Schema;

// Plans are kept. One that was made when the inbox, the work or the timers had just been vacuumed empty must not go through all of it for each batch when there is much.
public class StatementPlanTests
{
    [Theory]
    [InlineData("commit_steps")]
    [InlineData("take_mail")]
    [InlineData("claim_mail")]
    [InlineData("claim_activities")]
    [InlineData("take_activities")]
    [InlineData("complete_activities")]
    [InlineData("extend_activities")]
    [InlineData("fire_timers")]
    public async Task A_statement_planned_on_empty_tables_finds_its_rows_by_their_keys(string name)
    {
        await using var hub = await TestHub.CreateAsync();
        await using var connection = await hub.Database.DataSource.OpenConnectionAsync();
        var sql = EngineStatements.Named(name);
        var nulls = string.Join(", ", Enumerable.Repeat("null", Regex.Matches(sql, @"\$(\d+)").Max(number => int.Parse(number.Groups[1].Value))));
        foreach (var before in (string[])["vacuum analyze", EngineStatements.Named("settings"), $"prepare planned as {sql}"])
        {
            await using var command = new Npgsql.NpgsqlCommand(before, connection);
            await command.ExecuteNonQueryAsync();
        }

        List<string> plan = [];
        await using var explain = new Npgsql.NpgsqlCommand($"explain (costs off) execute planned({nulls})", connection);
        await using var reader = await explain.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            plan.Add(reader.GetString(0));
        }

        string[] looks = [.. plan.Zip(plan.Skip(1), (line, next) => (line, next)).Where(two => Regex.IsMatch(two.line, "Scan.* on (messages|activities|timers)")).Select(two => two.next.Trim())];
        Assert.NotEmpty(looks);
        Assert.All(looks, look => Assert.Matches("^(Index|TID) Cond: ", look));
    }
}
