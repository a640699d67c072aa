using System.CommandLine;
using DurableTask;
using Npgsql;
using OrchestratorFunctions.Api;
using OrchestratorFunctions.Audit.Trail;
using OrchestratorFunctions.Conversations.Forgetting;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Functions;
using OrchestratorFunctions.GitHub;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Instances;
using OrchestratorFunctions.Operations.Checks;
using OrchestratorFunctions.Operations.Live;
using OrchestratorFunctions.Operations.Logs;
using OrchestratorFunctions.Telegram;

namespace OrchestratorFunctions.Operations;

/// <summary>The command line: <c>serve</c> when nothing else is said, and the operator's verbs.</summary>
internal static class Verbs
{
    // Without words, as platforms start it, no grammar of them is built, nor the library for it loaded.
    public static Task<int> RunAsync(string[] args, Func<IReadOnlyDictionary<string, string?>?, WebApplication> build) =>
        args.Length == 0 ? GuardAsync(() => build(null), app => ServeAsync(app, CancellationToken.None)) : ParseAsync(args, build);

    private static async Task<int> ParseAsync(string[] args, Func<IReadOnlyDictionary<string, string?>?, WebApplication> build)
    {
        ParseResult? given = null;
        Task<int> GuardAsync(Func<WebApplication, Task<int>> verb) => Verbs.GuardAsync(() => build(null), async app =>
        {
            await OperatorTrail.NoteAsync(app.Services, given!);
            return await verb(app);
        });
        given = Grammar(GuardAsync, build).Parse(args);
        return await given.InvokeAsync();
    }

    /// <summary>All verbs.</summary>
    /// <param name="guardAsync">Runs one of them on the app.</param>
    /// <param name="build">Builds an app for those that need no settings.</param>
    internal static RootCommand Grammar(Func<Func<WebApplication, Task<int>>, Task<int>> guardAsync, Func<IReadOnlyDictionary<string, string?>?, WebApplication> build)
    {
        var serve = new Command("serve", "Serve HTTP and run the workflows (the default).");
        serve.SetAction((_, cancellationToken) => guardAsync(app => ServeAsync(app, cancellationToken)));

        var root = new RootCommand("Project Orchestrator: from an idea in a chat to approved, built and validated software.")
        {
            serve,
            SchemaVerbs.Create(verb => guardAsync(app => verb(app.Services.GetRequiredService<Schema>())), verb => guardAsync(app => verb(app.Services.GetRequiredService<GrantStore>()))),
            TelegramVerbs.Create(verb => guardAsync(app => verb(app.Services))),
            FunctionsVerbs.Create(() => build(new Dictionary<string, string?> { ["DURABLE_BACKEND"] = "functions" })),
            GitHubVerbs.Create(verb => guardAsync(app => verb(app.Services))),
            InboxVerbs.Create(verb => guardAsync(app => verb(app.Services.GetRequiredService<InboxUpkeep>()))),
            TokenVerbs.Create(verb => guardAsync(app => verb(app.Services.GetRequiredService<ApiTokenStore>()))),
            ForgetVerbs.Create(verb => guardAsync(app => verb(app.Services))),
            AuditVerbs.Create(verb => guardAsync(app => verb(app.Services.GetRequiredService<AuditReading>()))),
            SettingVerbs.Create(verb => guardAsync(app => verb(app.Services.GetRequiredService<LiveSettingStore>()))),
            InstanceVerbs.Create(verb => guardAsync(app => verb(app.Services.GetRequiredService<DurableTaskClient>()))),
            ReplayVerb.Create(App.Tasks),
        };
        root.SetAction((_, cancellationToken) => guardAsync(app => ServeAsync(app, cancellationToken)));
        return root;
    }

    /// <summary>Runs a verb; settings that are wrong are listed all at once, and nothing else is done.</summary>
    private static async Task<int> GuardAsync(Func<WebApplication> build, Func<WebApplication, Task<int>> verb)
    {
        try
        {
            await using var app = build();
            Settings.Validate(app.Services);
            return await verb(app);
        }
        catch (Exception fault) when (Settings.Faults(fault) is { } faults)
        {
            foreach (var line in faults)
            {
                await Console.Error.WriteLineAsync($"setting: {line}");
            }

            return 1;
        }
        catch (Exception fault)
        {
            // The operator needs what went wrong, not where in our code.
            await Console.Error.WriteLineAsync($"error: {Plain(fault)}");
            return 1;
        }
    }

    // A fault of the server has more lines, with the place in our SQL.
    private static string Plain(Exception fault) => fault switch
    {
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName } => DatabaseCheck.Behind,
        PostgresException server => $"{server.SqlState}: {server.MessageText}",
        _ => fault.Message,
    };

    private static async Task<int> ServeAsync(WebApplication app, CancellationToken cancellationToken)
    {
        foreach (var line in app.Services.GetServices<INamesWhatIsOff>().SelectMany(settings => settings.WhatIsOff()))
        {
            await Console.Error.WriteLineAsync($"off: {line}");
        }

        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("orchestrator");
        foreach (var line in app.Services.GetServices<INamesWhatIsOff>().SelectMany(settings => settings.WhatIsWeak()))
        {
            logger.LogWarning("{Setting}", line);
        }

        await app.StartAsync(cancellationToken);
        if (Logging.IsProduction(app.Configuration))
        {
            // Standard output is JSON lines there, this one too.
            logger.LogInformation("ready {Address}", app.Urls.First());
        }
        else
        {
            await Console.Out.WriteLineAsync($"ready {app.Urls.First()}");
        }

        await app.WaitForShutdownAsync(cancellationToken);
        return app.Services.GetRequiredService<FunctionsHosting>().EndsWith;
    }
}
