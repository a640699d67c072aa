using System.Diagnostics.Metrics;
using System.Globalization;
using Prometheus;

namespace OrchestratorFunctions.Operations.Telemetry;

/// <summary>
/// <c>/metrics</c> in the text format of Prometheus. The rooms and the libraries record to .NET's meters, which the other exporters
/// read as well; this passes every measurement on to the metrics of <see cref="MetricCatalogue"/>, which are there from the first scrape on.
/// </summary>
internal sealed class MetricsPage : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    private static readonly string[] SharedMeters = [AppMetrics.ModelMeterName, "DurableTask"];
    private readonly CollectorRegistry registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly MeterListener listener = new();
    private readonly DatabaseGauges gauges;

    /// <param name="meters">Makes the meters of this app; those of another app in the same process are not ours to show.</param>
    public MetricsPage(IMeterFactory meters, DatabaseGauges gauges)
    {
        this.gauges = gauges;
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        var passOn = MetricCatalogue.All.ToLookup(metric => metric.Instrument, metric => Collector(factory, metric), StringComparer.Ordinal);
        listener.InstrumentPublished = (instrument, enabling) =>
        {
            if ((ReferenceEquals(instrument.Meter.Scope, meters) || SharedMeters.Contains(instrument.Meter.Name)) && passOn.Contains(instrument.Name))
            {
                enabling.EnableMeasurementEvents(instrument, passOn[instrument.Name].ToArray());
            }
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, state) => PassOn(value, tags, state));
        listener.SetMeasurementEventCallback<long>((_, value, tags, state) => PassOn(value, tags, state));
        listener.SetMeasurementEventCallback<double>((_, value, tags, state) => PassOn(value, tags, state));
        listener.Start();
    }

    private delegate void Recorder(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    /// <summary>Writes the page.</summary>
    public async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        await gauges.RefreshAsync(cancellationToken);
        listener.RecordObservableInstruments();
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        await registry.CollectAndExportAsTextAsync(response.Body, cancellationToken);
    }

    public void Dispose() => listener.Dispose();

    private static void PassOn(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        foreach (var record in (Recorder[])state!)
        {
            record(value, tags);
        }
    }

    private static Recorder Collector(MetricFactory factory, Metric metric)
    {
        string[] labels = [.. metric.Labels.Select(label => label.Name)];
        switch (metric.Kind)
        {
            case MetricKind.Gauge:
                var gauge = factory.CreateGauge(metric.Name, metric.Help, labels);
                return (value, tags) => gauge.WithLabels(Values(metric, tags)).Set(value);
            case MetricKind.Histogram:
                var histogram = factory.CreateHistogram(metric.Name, metric.Help, new HistogramConfiguration { LabelNames = labels, Buckets = metric.Buckets });
                Show(metric, known => histogram.WithLabels(known).Publish());
                return (value, tags) => histogram.WithLabels(Values(metric, tags)).Observe(value);
            default:
                var counter = factory.CreateCounter(metric.Name, metric.Help, labels);
                Show(metric, known => counter.WithLabels(known).Publish());
                return (value, tags) => counter.WithLabels(Values(metric, tags)).Inc(metric.Kind == MetricKind.CountOf ? 1 : value);
        }
    }

    private static void Show(Metric metric, Action<string[]> publish)
    {
        foreach (var known in metric.Known)
        {
            publish(known);
        }
    }

    private static string[] Values(Metric metric, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var values = new string[metric.Labels.Count];
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = metric.Labels[index].Otherwise;
            foreach (var tag in tags)
            {
                if (tag.Key == metric.Labels[index].Tag && tag.Value is { } value)
                {
                    values[index] = Convert.ToString(value, CultureInfo.InvariantCulture)!;
                }
            }
        }

        return values;
    }
}
