using Microsoft.Extensions.Options;
using OrchestratorFunctions.GitHub.Agent;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.GitHub.Authentication;
using OrchestratorFunctions.GitHub.Checks;
using OrchestratorFunctions.GitHub.Comments;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.GitHub.Network;
using OrchestratorFunctions.GitHub.Redelivery;
using OrchestratorFunctions.GitHub.Repositories;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Limits;
using OrchestratorFunctions.Outbox;

namespace OrchestratorFunctions.GitHub;

internal static class GitHubModule
{
    private static readonly TimeSpan VendorDeadline = TimeSpan.FromSeconds(30);

    public static IServiceCollection AddGitHub(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<GitHubOptions>(configuration);
        services.AddHttpClient(GitHubHttp.ClientName, (provider, client) =>
            {
                client.BaseAddress = provider.GetRequiredService<IOptions<GitHubOptions>>().Value.BaseAddress;
                client.Timeout = VendorDeadline;
                client.DefaultRequestHeaders.Add("Accept", "application/vnd.github+json");
                client.DefaultRequestHeaders.Add("X-GitHub-Api-Version", "2022-11-28");
                client.DefaultRequestHeaders.Add("User-Agent", "project-orchestrator");
            })
            // A redirected POST would become a GET of something else; the renamed repository is asked for by its number.
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false });
        return services
            .AddSingleton<GitHubHttp>()
            .AddSingleton<Credentials>()
            .AddSingleton<GitHubApi>()
            .AddSingleton<DeliveryStore>()
            .AddSingleton<BodyReader>()
            .AddSingleton<GitHubWebhook>()
            .AddSingleton<EventReader>()
            .AddSingleton<EventNudge>()
            .AddSingleton<QueueLockStore>()
            .AddSingleton<ConversationLookupStore>()
            .AddSingleton<Permissions>()
            .AddSingleton<EventHandling>()
            .AddSingleton<EventQueue>()
            .AddSingleton<ISweep, EventSweep>()
            .AddHostedService<EventPump>()
            .AddSingleton<HookRangeStore>()
            .AddSingleton<HookAddresses>()
            .AddSingleton<ISweep>(provider => provider.GetRequiredService<HookAddresses>())
            .AddSingleton<RedeliveryStore>()
            .AddSingleton<RedeliverySweep>()
            .AddSingleton<ISweep>(provider => provider.GetRequiredService<RedeliverySweep>())
            .AddSingleton<PostStore>()
            .AddSingleton<OncePosting>()
            .AddSingleton<RepositoryAccess>()
            .AddSingleton<AgentStore>()
            .AddSingleton<AgentReplies>()
            .AddSingleton<AgentThread>()
            .AddSingleton<ReviewDecisions>()
            .AddSingleton<CheckStore>()
            .AddSingleton<CheckPresses>()
            .AddSingleton<CheckRuns>()
            .AddSingleton<CheckSweep>()
            .AddSingleton<ISweep>(provider => provider.GetRequiredService<CheckSweep>())
            .AddSingleton<IChannel, GitHubChannel>();
    }

    // A path with a trailing slash is the same endpoint to the router; a redirect would be a failed delivery.
    public static void MapGitHub(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/webhooks/github", (HttpRequest request, GitHubWebhook webhook, CancellationToken cancellationToken) => webhook.ReceiveAsync(request, cancellationToken))
            .CountRefusals("github");
        endpoints.MapGet("/health/github", (IOptions<GitHubOptions> options, HookAddresses addresses) => Results.Json(new
        {
            status = options.Value.FiltersAddresses && addresses.Age is null ? "degraded" : "healthy",
            webhook = options.Value.WebhookSecret is null ? "not configured" : "configured",
            credentials = options.Value.IsApp ? "app" : options.Value.AccessToken is null ? "not configured" : "token",
            address_filter = !options.Value.FiltersAddresses ? "off" : addresses.Age is null ? "on, without a list" : "on",
            address_list_age_seconds = addresses.Age is { } age ? (long?)age.TotalSeconds : null,
        }));
    }
}
