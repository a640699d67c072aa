using Bench.Measuring;

namespace Bench.Engine;

internal static class Throughput
{
    public static async Task RunAsync(Stage stage)
    {
        await using var database = await stage.DatabaseAsync();
        await using var hub = await Hub.StartAsync(database.ConnectionString);
        foreach (var (inFlight, times) in ((int, double)[])[(32, 15), (256, 25)])
        {
            List<double> rates = [];
            var cpu = "";
            for (var run = 0; run < stage.Runs; run++)
            {
                var window = await CpuWindow.OpenAsync(database.DataSource);
                rates.Add(await Load.RunAsync(new Person(hub.Client, hub.Announcements), stage.InFlight(inFlight), stage.WarmUp, stage.Time(8)));
                cpu = window.Close().ToString();
            }

            stage.Report.Note($"{inFlight} in flight: {string.Join(" and ", rates.Select(Text.PerSecond))}; {cpu}");
            stage.Report.Add(Compare(stage, inFlight, rates.Max(), times));
        }
    }

    private static Figure Compare(Stage stage, int inFlight, double ours, double times)
    {
        var figure = new Figure($"throughput, {inFlight} in flight", Text.PerSecond(ours), $"{times:0} × the better peer");
        if (stage.Peers.Count == 0)
        {
            return figure;
        }

        var ratio = ours / stage.Peers.Max(peer => peer.PerSecond(inFlight));
        return figure with { Ratio = Text.Times(ratio), Met = stage.Judge(ratio >= times), Peers = stage.Peers.ToDictionary(peer => peer.Name, peer => Text.PerSecond(peer.PerSecond(inFlight))) };
    }
}
