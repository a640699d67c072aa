using Bench.Measuring;
using TestKit.PostgreSql;

namespace Bench.Peers;

// The same workflow and client on other durable engines. Durable Functions is not among them: it needs its host and a storage emulator.
internal static class AllPeers
{
    public static async Task<IReadOnlyList<Peer>> MeasureAsync(string databaseUrl, TimeSpan warmUp, TimeSpan window)
    {
        Report.Say("-- peers, two runs each");
        return [await DbosAsync(databaseUrl, warmUp, window), await RestateAsync(warmUp, window)];
    }

    // On the same PostgreSQL, in a database of its own.
    private static async Task<Peer> DbosAsync(string databaseUrl, TimeSpan warmUp, TimeSpan window)
    {
        await using var database = await TestDatabase.CreateOnAsync(databaseUrl);
        return await PeerProcess.MeasureAsync("DBOS", new() { ["database"] = database.Url }, warmUp, window);
    }

    // Its server is its own storage.
    private static async Task<Peer> RestateAsync(TimeSpan warmUp, TimeSpan window)
    {
        var data = Directory.CreateTempSubdirectory("bench-restate");
        try
        {
            return await PeerProcess.MeasureAsync("Restate", new() { ["folder"] = data.FullName, ["ports"] = PeerProcess.FreePorts(4) }, warmUp, window);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
