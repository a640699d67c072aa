using DurableTask;
using DurableTask.PostgreSql;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Api;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Functions;
using OrchestratorFunctions.GitHub;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Limits;
using OrchestratorFunctions.Operations.Logs;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Telegram;
using OrchestratorFunctions.Visions;
using OrchestratorFunctions.Workflow;

namespace OrchestratorFunctions;

/// <summary>The app as a table of contents: its rooms, in the order of the data flow.</summary>
internal static class App
{
    /// <summary>Builds the app from environment variables, over local.settings.json, over <paramref name="settings"/>; nothing is started yet.</summary>
    public static WebApplication Build(IReadOnlyDictionary<string, string?>? settings = null) => Build(settings, TimeProvider.System);

    /// <summary>The same, with a clock of the caller's.</summary>
    public static WebApplication Build(IReadOnlyDictionary<string, string?>? settings, TimeProvider time)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var configuration = builder.Configuration.UseSettings(settings);
        var hosting = FunctionsHosting.Of(configuration);
        hosting.AddDefaults(builder.Configuration);
        builder.UseLoopback(hosting.HandlerPort).UseLogging();

        builder.Services
            .AddSingleton(time)
            .AddSingleton(hosting)
            .AddDatabase(configuration)
            .AddTelegram(configuration)
            .AddGitHub(configuration)
            .AddInbox()
            .AddConversations()
            .AddAi(configuration)
            .AddVisions()
            .AddProjects()
            .AddApprovals(configuration)
            .AddWorkflow()
            .AddScar(configuration)
            .AddOutbox()
            .AddAudit()
            .AddAuditTrail(configuration)
            .AddOperations()
            .AddApi(configuration)
            .AddLimits(configuration)
            .AddTelemetry(configuration)
            .AddTaskHub(hosting, configuration);

        var app = builder.Build();
        app.UseProblems();
        app.UseLimits();
        app.MapTelegram();
        app.MapGitHub();
        app.MapScar();
        app.MapHealth();
        app.MapMetrics();
        app.MapApi();
        app.MapFunctions(hosting);
        return app;
    }

    /// <summary>Everything durable, registered once for every backend.</summary>
    public static DurableTaskRegistry Tasks() => new DurableTaskRegistry()
        .AddConversations()
        .AddVisions()
        .AddApprovals()
        .AddWorkflow()
        .AddScar();

    // After the rooms: the Functions engine drives by itself what they would run in the background.
    private static IServiceCollection AddTaskHub(this IServiceCollection services, FunctionsHosting hosting, IConfiguration configuration) =>
        hosting.IsEngine ? services.AddFunctionsEngine(configuration, Tasks()) : services.AddPostgresTaskHub(Tasks());
}
