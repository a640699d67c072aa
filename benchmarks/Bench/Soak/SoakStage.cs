using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Bench.Measuring;
using TestKit;
using TestKit.Player;
using TestKit.PostgreSql;
using TestKit.Telegram;

namespace Bench.Soak;

// Two processes of the app on one database, and the stand-ins. One asks Telegram for updates and lives throughout; the other shares the work and may be killed.
internal sealed class SoakStage : IAsyncDisposable
{
    private const long FirstPerson = 100_001;
    // What an environment variable holds.
    private const int People = 15_000;

    private readonly string path;
    private readonly Dictionary<string, string> settings;
    private int known;

    private SoakStage(string path, TestDatabase database, StandIns standIns)
    {
        (this.path, Database, StandIns) = (path, database, standIns);
        settings = new Dictionary<string, string>(standIns.Environment, StringComparer.Ordinal)
        {
            ["DATABASE_URL"] = database.Url,
            ["AI_PROVIDER"] = "offline",
            ["TELEGRAM_ALLOWED_USERS"] = string.Join(',', Enumerable.Range(0, People).Select(n => FirstPerson + n)),
            ["LOG_LEVEL"] = "Warning",
            ["METRICS_ENABLED"] = "true",
        };
    }

    public TestDatabase Database { get; }

    public StandIns StandIns { get; }

    public AppProcess Steady { get; private set; } = null!;

    public AppProcess Mortal { get; private set; } = null!;

    public static async Task<SoakStage> SetAsync(string path, string databaseUrl, CancellationToken cancellation)
    {
        var stage = new SoakStage(path, await TestDatabase.CreateOnAsync(databaseUrl), await StandIns.StartAsync());
        (stage.Steady, var address) = await stage.StartAsync("polling", cancellation);
        (stage.Mortal, _) = await stage.StartAsync("webhook", cancellation);
        Report.Say($"who likes to watch: {address}metrics");
        return stage;
    }

    public async Task KillAndRestartAsync(CancellationToken cancellation)
    {
        await Mortal.KillAsync();
        await Mortal.DisposeAsync();
        (Mortal, _) = await StartAsync("webhook", cancellation);
    }

    // Each person has one chat and one project.
    public TelegramPerson NextPerson() => Interlocked.Increment(ref known) is var number and <= People
        ? new(StandIns.Telegram, app: null, FirstPerson + number - 1)
        : throw new InvalidOperationException($"More than {People} people: make the run shorter.");

    public async ValueTask DisposeAsync()
    {
        await Mortal.DisposeAsync();
        await Steady.DisposeAsync();
        await StandIns.DisposeAsync();
        await Database.DisposeAsync();
    }

    private Task<(AppProcess App, Uri Address)> StartAsync(string updates, CancellationToken cancellation)
    {
        var own = new Dictionary<string, string>(settings, StringComparer.Ordinal) { ["TELEGRAM_UPDATES"] = updates, ["PORT"] = FreePort() };
        return AppProcess.StartAsync(path, own, cancellation);
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
