using Bench.Measuring;

namespace Bench.Tests.Measuring;

public sealed class FigureTests
{
    [Fact]
    public void Percentiles_are_values_that_were_measured()
    {
        var latencies = new Latencies(Enumerable.Range(1, 200).Reverse().Select(value => TimeSpan.FromMilliseconds(value)));

        Assert.Equal((100, 198, 200), (latencies.Median.TotalMilliseconds, latencies.P99.TotalMilliseconds, latencies.Longest.TotalMilliseconds));
    }

    [Fact]
    public void A_missed_goal_is_stated_as_missed()
    {
        var report = new Report("Figures");
        report.Add(new Figure("speed", "1/s", "2/s", Met: false));
        report.Add(new Figure("size", "1 MB", "2 MB", Met: true, Ratio: "0.50 ×", Peers: new Dictionary<string, string> { ["other"] = "9 MB" }));

        Assert.Equal(["| measure | ours | other | ratio | goal |  |", "| --- | --- | --- | --- | --- | --- |", "| speed | 1/s |  |  | 2/s | **missed** |", "| size | 1 MB | 9 MB | 0.50 × | 2 MB | met |"], report.Markdown().Trim().Split('\n'));
    }

    [Fact]
    public void Figures_replace_only_what_stands_between_their_marks() =>
        Assert.Equal("a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nz\n", PerformancePage.Replace("a\n<!-- x -->\n\nold\n\n<!-- /x -->\nz\n", "x", "new\n"));

    [Fact]
    public void A_page_without_the_marks_is_said() => Assert.Throws<InvalidOperationException>(() => PerformancePage.Replace("text", "x", "new"));
}
