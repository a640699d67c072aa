using Dapper;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Tests.Operations;
using TestKit.PostgreSql;

namespace OrchestratorFunctions.Tests.Instances;

/// <summary>The verbs of <c>instances</c>: what they refuse before anything is done, and what they say.</summary>
[Collection("Console")]
public sealed class InstanceVerbTests
{
    private const string Statuses = "status is Running, Completed, Failed, Terminated, Pending or Suspended";

    [Theory]
    [InlineData("list --size abc", "Cannot parse argument 'abc' for option '--size' as expected type 'System.Int32'.")]
    [InlineData("list --size 99999999999", "Cannot parse argument '99999999999' for option '--size' as expected type 'System.Int32'.")]
    [InlineData("list --size 0", "--size is 1 to 1000.")]
    [InlineData("list --size 1001", "--size is 1 to 1000.")]
    [InlineData("list --status completed,failed", $"{Statuses}: not 'completed,failed'.")]
    [InlineData("list --status Completed --status 3", $"{Statuses}: not '3'.")]
    [InlineData("list --status 99", $"{Statuses}: not '99'.")]
    [InlineData("purge --status bogus --prefix x", $"{Statuses}: not 'bogus'.")]
    [InlineData("purge --status completed,failed --prefix x", $"{Statuses}: not 'completed,failed'.")]
    [InlineData("purge --prefix x --older-than", "Required argument missing for option: '--older-than'.")]
    [InlineData("purge --older-than soon", "older-than is a number with d, h or m, such as 30d: not 'soon'.")]
    [InlineData("purge --prefix ", "prefix is empty: all ids begin so.")]
    [InlineData("purge --older-than 30d --prefix ", "prefix is empty: all ids begin so.")]
    [InlineData("purge --status running --prefix x", "status is Completed, Failed or Terminated: others are not finished.")]
    [InlineData("purge x --status failed", "An id is deleted whatever its status: leave status out.")]
    [InlineData("purge x --prefix x", "Say which: an id, or older-than or prefix, and not both.")]
    [InlineData("purge", "Say which: an id, or older-than or prefix, and not both.")]
    [InlineData("raise-event x ", "name is missing: the event's.")]
    [InlineData("raise-event x durabletask.wake", "Events named DurableTask.… are the engine's own.")]
    public async Task What_cannot_be_meant_is_refused_in_one_line_before_anything_is_done(string given, string fault)
    {
        var (code, _, error) = await VerbTests.PrintedAsync(() => Verbs.RunAsync(["instances", .. given.Split(' ')], _ => throw new InvalidOperationException("the app was built")));
        Assert.Equal((1, fault), (code, error.TrimEnd()));
    }

    [Fact]
    public async Task Instances_are_listed_by_status_and_by_the_time_of_their_creation()
    {
        await using var stage = await StageAsync();
        Assert.Equal("works failed done", await ListedAsync(stage));
        Assert.Equal("works failed", await ListedAsync(stage, "--since", "2026-01-02T01:00:00+01:00"));
        Assert.Equal("failed done", await ListedAsync(stage, "--until", "2026-01-02T00:00:00Z"));
        Assert.Equal("failed", await ListedAsync(stage, "--since", "2026-01-01T00:00:01Z", "--until", "2026-01-02T23:59:59Z"));
        Assert.Equal("failed done", await ListedAsync(stage, "--status", "completed", "--status", "FAILED"));
    }

    [Fact]
    public async Task One_that_there_is_not_or_that_is_not_finished_is_not_purged_and_the_verb_says_so()
    {
        await using var stage = await StageAsync();
        foreach (string[] dry in new string[][] { ["--dry-run"], [] })
        {
            Assert.Equal((1, "", "error: There is no orchestration instance 'nobody'.\n"), await RunAsync(stage, ["purge", "nobody", .. dry]));
            Assert.Equal((1, "", "error: The orchestration instance 'works' is not finished (Running) and stays.\n"), await RunAsync(stage, ["purge", "works", .. dry]));
            Assert.Equal((0, dry.Length > 0 ? "1 would be deleted\n" : "1 deleted\n", ""), await RunAsync(stage, ["purge", "done", .. dry]));
        }

        Assert.Equal((0, "0 deleted\n", ""), await RunAsync(stage, "purge", "--prefix", "nobody"));
        Assert.Equal("works failed", await ListedAsync(stage));
    }

    private static async Task<TestDatabase> StageAsync()
    {
        var database = await TestApp.Rooms.DatabaseAsync();
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            insert into durable.instances (instance_id, execution_id, name, version, status, failure, steps, created_at, updated_at, start_at, finished_at) values
                ('done', 'x', 'x', '', 'COMPLETED', null, 1, '2026-01-01Z', '2026-01-01Z', '2026-01-01Z', '2026-01-01Z'),
                ('failed', 'x', 'x', '', 'FAILED', '{"errorType":"x","errorMessage":"x"}', 1, '2026-01-02Z', '2026-01-02Z', '2026-01-02Z', '2026-01-02Z'),
                ('works', 'x', 'x', '', 'RUNNING', null, 1, '2026-01-03Z', '2026-01-03Z', '2026-01-03Z', null)
            """);
        return database;
    }

    private static async Task<string> ListedAsync(TestDatabase database, params string[] options)
    {
        var (code, output, error) = await RunAsync(database, ["list", .. options]);
        Assert.Equal((0, ""), (code, error));
        return string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split("  ")[0]));
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(TestDatabase database, params string[] args) => VerbTests.OnAsync(database, ["instances", .. args]);
}
