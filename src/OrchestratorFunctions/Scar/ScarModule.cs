using DurableTask;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Projects;
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
            .AddSingleton<ScarEnding>();
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
        endpoints.MapGet("/briefs/{token}", async (string token, ScarStore store, DocumentStore documents, HttpResponse response, CancellationToken cancellationToken) =>
        {
            response.Headers.CacheControl = "no-store";
            response.Headers.XContentTypeOptions = "nosniff";
            if (await store.FindByTokenAsync(token, cancellationToken) is not { } execution)
            {
                return Results.NotFound();
            }

            var document = execution.Brief is { } brief ? await documents.FindAsync(brief.ProjectId, brief.Kind, brief.Version, cancellationToken) : null;
            var earlier = execution.Rework is null
                ? null
                : await documents.LatestAsync(execution.ProjectId, execution.Command == ScarCommand.Plan ? DocumentKind.Plan : DocumentKind.Report, cancellationToken);
            return Results.Text(ScarBrief.Render(execution, document, earlier), "text/markdown", System.Text.Encoding.UTF8);
        });
        return endpoints;
    }
}
