using Bench.Measuring;
using TestKit.GitHub;
using TestKit.Player;
using TestKit.PostgreSql;

namespace Bench.Webhooks;

// The app and the bare endpoint, each a process of its own, on one database, and the hooks that deliver to them. Whether somebody may write, the app asks the stand-in of GitHub.
internal sealed class WebhookStage : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private readonly GitHubStandIn github = new();
    private AppProcess app = null!;
    private Child bare = null!;
    private long last;

    private WebhookStage(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    public int App => app.Id;

    public int BareEndpoint => bare.Id;

    public Hook ToBare { get; private set; } = null!;

    // Of comments that do not name us: a row each, which is done when it is written.
    public Hook ToApp { get; private set; } = null!;

    // Of comments that name us, by somebody who may not write: a row each, which is handled.
    public Hook ToAppWithWork { get; private set; } = null!;

    public int Size { get; private set; }

    public static async Task<WebhookStage> SetAsync(string databaseUrl, int connections, CancellationToken cancellation)
    {
        var stage = new WebhookStage(await TestDatabase.CreateOnAsync(databaseUrl));
        try
        {
            await stage.StartAsync(connections, cancellation);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    public async Task UntilHandledAsync()
    {
        for (var end = DateTime.UtcNow + Patience; await CountAsync("select count(*) from github_deliveries where status = 'OPEN'") > 0; await Task.Delay(20))
        {
            if (DateTime.UtcNow > end)
            {
                throw new TimeoutException("What was delivered is not handled.");
            }
        }
    }

    // What the floods left to the disk and to the vacuum is not a cost of half the load.
    public async Task SettleAsync()
    {
        await using var vacuum = Database.DataSource.CreateCommand("vacuum analyze");
        await vacuum.ExecuteNonQueryAsync();
        await using var checkpoint = Database.DataSource.CreateCommand("checkpoint");
        await checkpoint.ExecuteNonQueryAsync();
    }

    // A row for each delivery that was accepted, and no other; else the figures are about something else.
    public async Task CheckAsync()
    {
        await ExpectAsync("select count(*) from bare_deliveries", ToBare.Accepted);
        await ExpectAsync("select count(*) from github_deliveries where reason = 'no mention'", ToApp.Accepted);
        await ExpectAsync("select count(*) from github_deliveries where reason = 'may not write in this repository'", ToAppWithWork.Accepted);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in (IAsyncDisposable?[])[app, bare])
        {
            await (process?.DisposeAsync() ?? default);
        }

        await github.DisposeAsync();
        await Database.DisposeAsync();
    }

    private async Task StartAsync(int connections, CancellationToken cancellation)
    {
        await github.StartAsync();
        github.AddRepository("Codertocat/Hello-World");
        bare = Child.Start(Beside("OneInsert"), [], environment: new Dictionary<string, string> { ["CONNECTION_STRING"] = Database.ConnectionString });
        var bareAddress = new Uri((await bare.ReadLineAsync(Patience)).Split(' ')[1]);
        (app, var appAddress) = await AppProcess.StartAsync(Beside("OrchestratorFunctions"), Settings(), cancellation);
        ToBare = To(bareAddress, "Thank you!");
        ToApp = To(appAddress, "Thank you!");
        ToAppWithWork = To(appAddress, "@orchestrator thank you!");
        Size = new CommentDelivery(github.WebhookSecret, "Thank you!").Size;

        Hook To(Uri address, string words) => new(address, connections, () => new CommentDelivery(github.WebhookSecret, words), () => Interlocked.Increment(ref last));
    }

    // As an operator would set it, with everything on that a delivery passes.
    private Dictionary<string, string> Settings() => new(github.Environment, StringComparer.Ordinal)
    {
        ["DATABASE_URL"] = Database.Url, ["PORT"] = "0", ["AI_PROVIDER"] = "offline", ["METRICS_ENABLED"] = "true",
    };

    private async Task ExpectAsync(string rows, long accepted)
    {
        if (await CountAsync(rows) is var found && found != accepted)
        {
            throw new InvalidOperationException($"{accepted} deliveries were accepted, “{rows}” answers {found}.");
        }
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var command = Database.DataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    // Programs that this one refers to are built into the same folder.
    private static string Beside(string program) => Path.Combine(AppContext.BaseDirectory, program);
}
