using System.ComponentModel.DataAnnotations;

namespace OrchestratorFunctions.Operations.Telemetry;

/// <summary>Where metrics and traces go. Without any of these nothing is measured and nothing is sent.</summary>
internal sealed class TelemetryOptions : IValidatableObject
{
    public const string HttpProtobuf = "http/protobuf";
    public const string Grpc = "grpc";

    /// <summary><c>true</c>: <c>/metrics</c> is served. Default <c>false</c>; then it answers 404.</summary>
    [ConfigurationKeyName("METRICS_ENABLED")]
    public bool MetricsEnabled { get; set; }

    /// <summary>Address of an OpenTelemetry collector, without <c>/v1/…</c>: metrics and traces are sent there.</summary>
    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_ENDPOINT")]
    public string? OtlpEndpoint { get; set; }

    /// <summary><c>http/protobuf</c> (default, usually port 4318) or <c>grpc</c> (usually port 4317).</summary>
    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_PROTOCOL")]
    public string OtlpProtocol { get; set; } = HttpProtobuf;

    /// <summary>Connection string of Azure Application Insights: metrics and traces are sent there. On Azure Functions it is set already.</summary>
    [ConfigurationKeyName("APPLICATIONINSIGHTS_CONNECTION_STRING")]
    public string? ApplicationInsights { get; set; }

    /// <summary>Whether anything is sent.</summary>
    public bool Exports => OtlpEndpoint is not null || ApplicationInsights is not null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (OtlpEndpoint is not null && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)))
        {
            yield return new ValidationResult("OTEL_EXPORTER_OTLP_ENDPOINT is not an http or https address.");
        }

        if (OtlpProtocol is not (HttpProtobuf or Grpc))
        {
            yield return new ValidationResult("OTEL_EXPORTER_OTLP_PROTOCOL is neither http/protobuf nor grpc.");
        }

        if (ApplicationInsights is not null && !ApplicationInsights.Contains("InstrumentationKey=", StringComparison.OrdinalIgnoreCase))
        {
            yield return new ValidationResult("APPLICATIONINSIGHTS_CONNECTION_STRING has no InstrumentationKey.");
        }
    }
}
