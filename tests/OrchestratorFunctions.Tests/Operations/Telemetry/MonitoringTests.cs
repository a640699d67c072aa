using System.Text.Json;
using System.Text.RegularExpressions;
using OrchestratorFunctions.Operations.Telemetry;

namespace OrchestratorFunctions.Tests.Operations.Telemetry;

/// <summary>The dashboard, the alert rules and the runbook speak of metrics that there are, with labels that they have.</summary>
public sealed partial class MonitoringTests
{
    private static readonly HashSet<string> Series = [.. MetricCatalogue.All.SelectMany(metric => metric.Kind == MetricKind.Histogram ? new[] { $"{metric.Name}_bucket", $"{metric.Name}_count", $"{metric.Name}_sum" } : [metric.Name])];

    [Fact]
    public void The_dashboard_asks_for_metrics_that_there_are()
    {
        using var dashboard = JsonDocument.Parse(Checkout.Read("docs", "monitoring", "dashboard.json"));
        var expressions = dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!).ToArray();
        Assert.True(expressions.Length > 20);
        Assert.Empty(expressions.SelectMany(Faults));
    }

    [Fact]
    public void The_picture_shows_every_panel()
    {
        using var dashboard = JsonDocument.Parse(Checkout.Read("docs", "monitoring", "dashboard.json"));
        var picture = Checkout.Read("docs", "monitoring", "dashboard.svg");
        Assert.All(dashboard.RootElement.GetProperty("panels").EnumerateArray(), panel => Assert.Contains($">{panel.GetProperty("title").GetString()}<", picture, StringComparison.Ordinal));
    }

    [Fact]
    public void The_alert_rules_ask_for_metrics_that_there_are()
    {
        var expressions = Expression().Matches(Checkout.Read("docs", "monitoring", "alerts.yaml")).Select(match => match.Groups["expr"].Value).ToArray();
        Assert.True(expressions.Length > 8);
        Assert.Empty(expressions.SelectMany(Faults));
    }

    [Theory]
    [InlineData("max(inbox_lag)")]
    [InlineData("sum by (colour) (rate(http_requests_total[5m]))")]
    [InlineData("sum(rate(webhook_refusals_total{why=\"401\"}[5m]))")]
    [InlineData("scar_command_duration_seconds")]
    public void A_metric_or_label_that_there_is_not_is_caught(string expression) => Assert.NotEmpty(Faults(expression));

    [Fact]
    public void The_runbook_explains_every_metric_and_its_labels()
    {
        var runbook = Checkout.Read("docs", "operations.md");
        Assert.All(MetricCatalogue.All, metric => Assert.Contains($"`{metric.Name}`", runbook, StringComparison.Ordinal));
        Assert.All(MetricCatalogue.All.SelectMany(metric => metric.Labels), label => Assert.Contains($"`{label.Name}`", runbook, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_alert_says_where_the_runbook_helps()
    {
        var alerts = Checkout.Read("docs", "monitoring", "alerts.yaml");
        var runbook = Checkout.Read("docs", "operations.md");
        var named = Chapter().Matches(alerts).Select(match => match.Groups["chapter"].Value).ToArray();
        Assert.NotEmpty(named);
        Assert.All(named, chapter => Assert.True(
            runbook.Contains($"# {chapter}\n", StringComparison.Ordinal) || runbook.Contains($"**{chapter.Split(", ")[^1]}.**", StringComparison.Ordinal), chapter));
    }

    private static IEnumerable<string> Faults(string expression)
    {
        var plain = Quoted().Replace(expression, "\"\"");
        var names = Name().Matches(plain).Select(match => match.Value).Where(name => name.Contains('_', StringComparison.Ordinal) && name != "histogram_quantile").ToArray();
        foreach (var name in names.Where(name => !Series.Contains(name)))
        {
            yield return $"{expression}: {name}";
        }

        var labels = MetricCatalogue.All.Where(metric => names.Any(name => name.StartsWith(metric.Name, StringComparison.Ordinal))).SelectMany(metric => metric.Labels).Select(label => label.Name).Append("le").ToHashSet();
        foreach (var label in Label().Matches(plain).SelectMany(match => match.Groups["label"].Captures).Select(capture => capture.Value).Where(label => !labels.Contains(label)))
        {
            yield return $"{expression}: {label}";
        }
    }

    [GeneratedRegex(@"^\s+expr: (?<expr>.+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Expression();

    [GeneratedRegex(@"Runbook: (?<chapter>[^""]+)\.""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Chapter();

    [GeneratedRegex("\"[^\"]*\"", RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();

    [GeneratedRegex("[a-z][a-z0-9_]+", RegexOptions.NonBacktracking)]
    private static partial Regex Name();

    [GeneratedRegex(@"by \(((?<label>[a-z_]+)(, )?)+\)|\{((?<label>[a-z_]+)(=~|!=|=)""""(, ?)?)+\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Label();
}
