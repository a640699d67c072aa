using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using DurableTask;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Tests.EndToEnd;

namespace OrchestratorFunctions.Tests.Operations.Telemetry;

public sealed class MetricsTests
{
    [Fact]
    public async Task The_first_scrape_has_every_metric_with_its_type_and_a_series()
    {
        await using var app = await OrchestratorApp.StartAsync(("METRICS_ENABLED", "true"));
        var page = await ScrapeAsync(app);
        Assert.All(MetricCatalogue.All, metric =>
        {
            var type = metric.Kind switch { MetricKind.Gauge => "gauge", MetricKind.Histogram => "histogram", _ => "counter" };
            Assert.Contains($"# TYPE {metric.Name} {type}\n", page, StringComparison.Ordinal);
            Assert.Contains($"\n{metric.Name}{(metric.Kind == MetricKind.Histogram ? "_count" : "")}{(metric.Labels.Count > 0 ? "{" : " ")}", page, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("orchestrator_conversations_total", "counter")]
    [InlineData("orchestrator_active_projects", "gauge")]
    [InlineData("scar_command_duration_seconds", "histogram")]
    [InlineData("http_requests_total", "counter")]
    [InlineData("http_request_duration_seconds", "histogram")]
    [InlineData("approval_gates_pending", "gauge")]
    [InlineData("vision_documents_generated_total", "counter")]
    public void The_metrics_of_the_old_runbook_keep_their_names_and_types(string name, string type) =>
        Assert.Equal(type, Assert.Single(MetricCatalogue.All, metric => metric.Name == name).Kind switch { MetricKind.Gauge => "gauge", MetricKind.Histogram => "histogram", _ => "counter" });

    [Fact]
    public async Task They_say_what_happened_on_the_way_to_a_plan()
    {
        await using var app = await OrchestratorApp.StartAsync(("METRICS_ENABLED", "true"));
        await app.ToPlanGateAsync();
        var page = await ScrapeAsync(app);
        Assert.Equal(1, Value(page, "orchestrator_conversations_total"));
        Assert.Equal(1, Value(page, "orchestrator_active_projects"));
        Assert.Equal(1, Value(page, "approval_gates_pending"));
        Assert.Equal(1, Value(page, "vision_documents_generated_total"));
        Assert.InRange(Value(page, "approval_gate_oldest_age_seconds"), 0, 60);
        Assert.Equal(1, Value(page, "scar_command_duration_seconds_count{command=\"prime\",outcome=\"succeeded\"}"));
        Assert.Equal(1, Value(page, "scar_command_duration_seconds_count{command=\"plan-feature-github\",outcome=\"succeeded\"}"));
        Assert.True(Value(page, "inbox_deliveries_total{channel=\"telegram\",outcome=\"accepted\"}") > 3);
        Assert.True(Value(page, "outbox_deliveries_total{channel=\"telegram\",outcome=\"sent\"}") > 3);
        Assert.True(Value(page, "http_requests_total{method=\"POST\",route=\"/webhooks/telegram\",code=\"200\"}") > 3);
        Assert.True(Value(page, "model_calls_total{error=\"none\"}") > 1);
        Assert.True(Value(page, "model_tokens_total{direction=\"input\"}") > 0);
        Assert.Equal(1, Value(page, "database_up"));
        // The engine's meter is the process's: other tests count on it as well.
        Assert.True(Value(page, "durable_steps_total{orchestrator=\"ProjectOrchestrator\"}") >= 1);
        Assert.True(Value(page, "durable_activities_total{activity=\"DraftVision\",outcome=\"completed\"}") >= 1);
        Assert.True(Value(page, "durable_activity_duration_seconds_count{activity=\"DraftVision\"}") >= 1);
        Assert.True(Value(page, "durable_queue_age_seconds_count") > 3);
    }

    [Fact]
    public void Every_instrument_of_the_engine_is_on_the_page()
    {
        RuntimeHelpers.RunClassConstructor(typeof(DurableTaskTelemetry).Assembly.GetType("DurableTask.Telemetry.Measures", throwOnError: true)!.TypeHandle);
        SortedSet<string> instruments = new(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) => instruments.UnionWith(instrument.Meter.Name == DurableTaskTelemetry.MeterName ? [instrument.Name] : Array.Empty<string>());
        listener.Start();
        Assert.NotEmpty(instruments);
        Assert.Equal(instruments, MetricCatalogue.All.Select(metric => metric.Instrument).Where(name => name.StartsWith("durabletask.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Refusals_are_counted_by_reason_and_nothing_is_shown_where_metrics_are_off()
    {
        await using var on = await OrchestratorApp.StartAsync(("METRICS_ENABLED", "true"));
        await on.Ada.PostAsync(on.Ada.MessageUpdate(on.Ada.Write("hello")), "wrong");
        Assert.Equal(1, Value(await ScrapeAsync(on), "webhook_refusals_total{channel=\"telegram\",reason=\"401\"}"));

        await using var off = await OrchestratorApp.StartAsync();
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(off.Address, "/metrics"));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("METRICS_ENABLED", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_database_the_page_is_there_and_says_so()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=x;Password=y;Database=z");
        using var gauges = new DatabaseGauges(meters, new GaugeStore(nowhere, TimeProvider.System), TimeProvider.System, NullLogger<DatabaseGauges>.Instance);
        using var page = new MetricsPage(meters, gauges);
        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        context.Response.Body = body;
        await page.WriteAsync(context.Response, default);
        var text = System.Text.Encoding.UTF8.GetString(body.ToArray());
        Assert.Equal(0, Value(text, "database_up"));
        Assert.True(double.IsNaN(Value(text, "approval_gates_pending")));
    }

    [Theory]
    [InlineData("https://api.telegram.org/bot123:AA-b_c/sendMessage", "https://api.telegram.org/bot***/sendMessage")]
    [InlineData("/briefs/0123456789abcdef", "/briefs/***")]
    [InlineData("http://127.0.0.1:3000/api/conversations", "http://127.0.0.1:3000/api/conversations")]
    public void Addresses_in_spans_carry_no_token(string address, string masked) => Assert.Equal(masked, SecretsOut.Masked(address));

    internal static async Task<string> ScrapeAsync(OrchestratorApp app)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(app.Address, "/metrics"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("text/plain; version=0.0.4", answer.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        return await answer.Content.ReadAsStringAsync();
    }

    internal static double Value(string page, string series)
    {
        var line = Assert.Single(page.Split('\n'), line => line.StartsWith($"{series} ", StringComparison.Ordinal));
        return double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
