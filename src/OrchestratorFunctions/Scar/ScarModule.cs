using DurableTask;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Scar.Http;
using OrchestratorFunctions.Scar.OnGitHub;
using OrchestratorFunctions.Scar.Wire;

namespace OrchestratorFunctions.Scar;

internal static class ScarModule
{
    public static IServiceCollection AddScar(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ScarOptions>(configuration);
        services.AddHttpClient<ScarClient>((provider, client) =>
            {
                client.BaseAddress = provider.GetRequiredService<IOptions<ScarOptions>>().Value.BaseAddress;
                client.Timeout = ScarClient.Deadline;
            })
            // A redirected POST would become a GET of something else.
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false });
        return services
            .AddTransient<ScarDialogue>()
            .AddSingleton<ScarCanary>()
            .AddSingleton<ScarStore>()
            .AddSingleton<ScarProgress>()
            .AddSingleton<ScarEnding>()
            .AddSingleton<ScarBriefs>()
            .AddSingleton<ScarTransports>()
            .AddTransient<HttpSelection>()
            .AddTransient<HttpSending>()
            .AddTransient<HttpPolling>()
            .AddKeyedTransient<IScarTransport, HttpTransport>(ScarTransport.Http)
            .AddKeyedTransient<IScarTransport, GitHubTransport>(ScarTransport.GitHub);
    }

    public static DurableTaskRegistry AddScar(this DurableTaskRegistry registry) => registry
        .AddOrchestrator<ScarCommandOrchestrator>()
        .AddActivity<PrepareScarCommand>()
        .AddActivity<SelectRepository>()
        .AddActivity<SendScarCommand>()
        .AddActivity<PollScarCommand>()
        .AddActivity<EndScarCommand>();

    public static IEndpointRouteBuilder MapScar(this IEndpointRouteBuilder endpoints)
    {
        // The token is the authentication: whoever runs the command was given it, and it is void when the run has ended.
        endpoints.MapGet("/briefs/{token}", async (string token, ScarStore store, ScarBriefs briefs, HttpResponse response, CancellationToken cancellationToken) =>
        {
            response.Headers.CacheControl = "no-store";
            response.Headers.XContentTypeOptions = "nosniff";
            return await store.FindByTokenAsync(token, cancellationToken) is { } execution
                ? Results.Text(ScarBrief.Render(execution, await briefs.OfAsync(execution, cancellationToken)), "text/markdown", System.Text.Encoding.UTF8)
                : Results.NotFound();
        });
        return endpoints;
    }
}
