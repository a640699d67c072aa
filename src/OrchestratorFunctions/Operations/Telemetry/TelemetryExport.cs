using System.Diagnostics;
using System.Text.RegularExpressions;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OrchestratorFunctions.Operations.Telemetry;

/// <summary>
/// Begins to measure, and to send metrics and traces to a collector or to Application Insights, as soon as the app listens: no cold start
/// waits for it. The log has traces from the first request on.
/// </summary>
internal sealed class TelemetryExport(IOptions<TelemetryOptions> options, IHostApplicationLifetime lifetime, IServiceProvider services) : IHostedService, IDisposable
{
    private const string Service = "project-orchestrator";
    private static readonly TimeSpan LastChance = TimeSpan.FromSeconds(3);

    // The engine's, the app's, and the sources that the framework and the libraries name by themselves.
    private static readonly string[] Sources = [AppTracing.SourceName, "DurableTask", AppMetrics.ModelMeterName, "Microsoft.AspNetCore", "System.Net.Http", "Npgsql"];
    private static readonly string[] Meters = [AppMetrics.MeterName, "DurableTask", AppMetrics.ModelMeterName, "Microsoft.AspNetCore.Hosting", "System.Net.Http", "System.Runtime", "Npgsql"];
    private ActivityListener? following;
    private MeterProvider? metrics;
    private TracerProvider? traces;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        following = AppTracing.Listen();
        lifetime.ApplicationStarted.Register(Begin);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        metrics?.ForceFlush((int)LastChance.TotalMilliseconds);
        traces?.ForceFlush((int)LastChance.TotalMilliseconds);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        following?.Dispose();
        metrics?.Dispose();
        traces?.Dispose();
    }

    private void Begin()
    {
        if (options.Value.MetricsEnabled)
        {
            services.GetRequiredService<MetricsPage>();
        }

        if (options.Value.Exports)
        {
            services.GetRequiredService<DatabaseGauges>();
            Export(options.Value);
        }
    }

    // A method of its own: who exports nothing does not load what exports.
    private void Export(TelemetryOptions settings)
    {
        var resource = ResourceBuilder.CreateEmpty().AddService(Service, autoGenerateServiceInstanceId: true);
        var meterBuilder = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters);
        var tracerBuilder = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Sources).AddProcessor(new SecretsOut());
        if (settings.OtlpEndpoint is not null)
        {
            meterBuilder.AddOtlpExporter(otlp => Address(otlp, settings, "v1/metrics"));
            tracerBuilder.AddOtlpExporter(otlp => Address(otlp, settings, "v1/traces"));
        }

        if (settings.ApplicationInsights is not null)
        {
            meterBuilder.AddAzureMonitorMetricExporter(azure => azure.ConnectionString = settings.ApplicationInsights);
            tracerBuilder.AddAzureMonitorTraceExporter(azure => azure.ConnectionString = settings.ApplicationInsights);
        }

        metrics = meterBuilder.Build();
        traces = tracerBuilder.Build();
    }

    private static void Address(OtlpExporterOptions otlp, TelemetryOptions settings, string path)
    {
        var http = settings.OtlpProtocol == TelemetryOptions.HttpProtobuf;
        otlp.Protocol = http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        // The library appends the path only to an address that it reads from the environment itself.
        otlp.Endpoint = http ? new Uri($"{settings.OtlpEndpoint!.TrimEnd('/')}/{path}") : new Uri(settings.OtlpEndpoint!);
    }
}

/// <summary>Takes the bot's token, which Telegram wants in the path, and the tokens of briefs out of the addresses that spans carry.</summary>
internal sealed partial class SecretsOut : BaseProcessor<Activity>
{
    private static readonly string[] Tags = ["url.full", "url.path", "http.url", "http.target"];

    public override void OnEnd(Activity data)
    {
        foreach (var tag in Tags)
        {
            if (data.GetTagItem(tag) is string address)
            {
                data.SetTag(tag, Masked(address));
            }
        }
    }

    public static string Masked(string address) => Secret().Replace(address, "${before}***");

    [GeneratedRegex(@"(?<before>/bot|/briefs/)[^/?#]+", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Secret();
}
