using Bench.Measuring;
using Bench.Peers;

namespace Bench.Engine;

// The same work by the peers and by us, in turns, so that all see the same machine: its speed may change within minutes.
internal static class Approvals
{
    private static readonly TimeSpan Thinking = TimeSpan.FromMilliseconds(10);
    private static readonly Contender Us = new("ours", OursAsync);

    public static async Task RunAsync(Stage stage)
    {
        var runs = (stage.HasPeers ? AllPeers.All : []).Append(Us).ToDictionary(contender => contender, _ => new List<ApprovalRun>());
        for (var turn = 1; turn <= stage.Runs; turn++)
        {
            foreach (var contender in runs.Keys.ToList())
            {
                try
                {
                    runs[contender].Add(await contender.RunAsync(stage));
                    stage.Report.Note($"{contender.Name}, run {turn}: {runs[contender][^1]}");
                }
                // No Node, no registry, no binary for this machine: the run goes on, and its table says against whom it was measured.
                catch (Exception exception) when (contender != Us && exception is InvalidOperationException or System.ComponentModel.Win32Exception or TimeoutException)
                {
                    stage.Report.Note($"{contender.Name} was not measured: {exception.Message}");
                    runs.Remove(contender);
                }
            }
        }

        var ours = ApprovalRun.Best(runs[Us]);
        runs.Remove(Us);
        var peers = runs.ToDictionary(one => one.Key.Name, one => ApprovalRun.Best(one.Value));
        foreach (var (inFlight, times) in ((int, double)[])[(32, 15), (256, 25)])
        {
            stage.Report.Add(Throughput(stage, inFlight, times, ours, peers));
        }

        stage.Report.Add(OneAtATime(stage, ours, peers));
    }

    private static Figure Throughput(Stage stage, int inFlight, double times, ApprovalRun ours, Dictionary<string, ApprovalRun> peers)
    {
        var figure = new Figure($"throughput, {inFlight} in flight", Text.PerSecond(ours.PerSecond[inFlight]), $"{times:0} × the better peer");
        if (peers.Count == 0)
        {
            return figure;
        }

        var ratio = ours.PerSecond[inFlight] / peers.Values.Max(peer => peer.PerSecond[inFlight]);
        return figure with { Ratio = Text.Times(ratio), Met = stage.Judge(ratio >= times), Peers = peers.ToDictionary(peer => peer.Key, peer => Text.PerSecond(peer.Value.PerSecond[inFlight])) };
    }

    private static Figure OneAtATime(Stage stage, ApprovalRun ours, Dictionary<string, ApprovalRun> peers) => new(
        $"event → completion, one at a time ({ours.Singles} times)", ours.Latency, "median 2 ms, p99 6 ms",
        stage.Judge(ours.Median.TotalMilliseconds <= 2 && ours.P99.TotalMilliseconds <= 6),
        peers.Count == 0 ? "" : $"{Text.Times(peers.Values.Min(peer => peer.Median) / ours.Median)} quicker",
        peers.ToDictionary(peer => peer.Key, peer => peer.Value.Latency));

    private static async Task<ApprovalRun> OursAsync(Stage stage)
    {
        await using var database = await stage.DatabaseAsync();
        await using var hub = await Hub.StartAsync(database.ConnectionString);
        var person = new Person(hub.Client, hub.Announcements);
        var singles = await Load.OneAtATimeAsync(person, Thinking, stage.WarmUp, stage.Time(8));
        Dictionary<int, double> perSecond = [];
        foreach (var inFlight in (int[])[32, 256])
        {
            perSecond[inFlight] = await Load.RunAsync(person, stage.InFlight(inFlight), stage.WarmUp, stage.Time(8));
        }

        return new ApprovalRun(perSecond, singles.Count, singles.Median, singles.P99);
    }
}
