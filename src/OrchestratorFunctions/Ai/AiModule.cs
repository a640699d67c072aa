using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Telemetry;

namespace OrchestratorFunctions.Ai;

internal static class AiModule
{
    /// <summary>Name of the HTTP client that speaks to the vendor.</summary>
    public const string HttpName = "ai";

    public static IServiceCollection AddAi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<AiOptions>(configuration);
        // The vendor's client lives as long as the app, so connections are renewed here and not by the factory's rotation.
        services.AddHttpClient(HttpName, http => http.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = TimeSpan.FromSeconds(10) })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        return services
            .AddSingleton<AzureIdentity>()
            .AddSingleton(provider => new LanguageModel(
                ChatClients.Create(
                    provider.GetRequiredService<IOptions<AiOptions>>().Value, provider.GetRequiredService<IHttpClientFactory>().CreateClient(HttpName),
                    () => provider.GetRequiredService<AzureIdentity>().Credential)?.AsBuilder().UseOpenTelemetry(NullLoggerFactory.Instance, AppMetrics.ModelMeterName).Build(provider),
                provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<StructuredOutput>()
            .AddSingleton<ModelHealth>()
            .AddSingleton<ProductAgent>();
    }
}

/// <summary>The app's managed identity, or whoever is signed in on a laptop; looked for only when it is needed.</summary>
internal sealed class AzureIdentity
{
    private readonly Lazy<TokenCredential> credential = new(() => new DefaultAzureCredential());

    public TokenCredential Credential => credential.Value;
}
