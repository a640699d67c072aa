using Bench.Engine;
using Bench.Measuring;
using TestKit.PostgreSql;

namespace Bench.Peers;

// The same workflow and client on other durable engines. Durable Functions is not among them: it needs its host and a storage emulator.
internal static class AllPeers
{
    private static readonly (string Name, Func<Stage, Task<Peer>> MeasureAsync)[] All = [("DBOS", DbosAsync), ("Restate", RestateAsync)];

    public static async Task<IReadOnlyList<Peer>> MeasureAsync(Stage stage)
    {
        Report.Say("-- peers: two runs each, the better figure counts");
        List<Peer> peers = [];
        foreach (var peer in All)
        {
            try
            {
                peers.Add(await peer.MeasureAsync(stage));
            }
            // No Node, no registry, no binary for this machine: the run goes on, and its table says against whom it was measured.
            catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception or TimeoutException)
            {
                stage.Report.Note($"{peer.Name} was not measured: {exception.Message}");
            }
        }

        return peers;
    }

    // On the same PostgreSQL, in a database of its own.
    private static async Task<Peer> DbosAsync(Stage stage)
    {
        await using var database = await TestDatabase.CreateOnAsync(stage.DatabaseUrl);
        return await PeerProcess.MeasureAsync("DBOS", new() { ["database"] = database.Url }, stage);
    }

    // Its server is its own storage.
    private static async Task<Peer> RestateAsync(Stage stage)
    {
        var data = Directory.CreateTempSubdirectory("bench-restate");
        try
        {
            return await PeerProcess.MeasureAsync("Restate", new() { ["folder"] = data.FullName, ["ports"] = PeerProcess.FreePorts(4) }, stage);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
