using Bench.Engine;
using TestKit.PostgreSql;

namespace Bench.Peers;

// The same workflow and client on other durable engines. Durable Functions is not among them: it needs its host and a storage emulator.
internal static class AllPeers
{
    public static IReadOnlyList<Contender> All { get; } = [new("DBOS", DbosAsync), new("Restate", RestateAsync)];

    // On the same PostgreSQL, in a database of its own.
    private static async Task<ApprovalRun> DbosAsync(Stage stage)
    {
        await using var database = await TestDatabase.CreateOnAsync(stage.DatabaseUrl);
        return await PeerProcess.RunAsync("DBOS", new() { ["database"] = database.Url }, stage);
    }

    // Its server is its own storage.
    private static async Task<ApprovalRun> RestateAsync(Stage stage)
    {
        var data = Directory.CreateTempSubdirectory("bench-restate");
        try
        {
            return await PeerProcess.RunAsync("Restate", new() { ["folder"] = data.FullName, ["ports"] = PeerProcess.FreePorts(4) }, stage);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
