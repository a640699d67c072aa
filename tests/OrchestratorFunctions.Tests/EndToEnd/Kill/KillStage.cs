using System.Diagnostics;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using TestKit;
using TestKit.GitHub;
using TestKit.PostgreSql;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>The app as a process on a copy of a scene's database, with stand-ins and Ada. Her updates are posted as Telegram posts them: again and again until they are taken.</summary>
internal sealed class KillStage : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("orchestrator-kill-").FullName;
    private readonly Dictionary<string, string?> settings;
    private readonly Stopwatch sinceStart = new();

    private KillStage(TestDatabase database, StandIns standIns, TelegramChat chat, GitHubRepository repository, bool asGitHubApp)
    {
        (Database, StandIns) = (database, standIns);
        settings = OrchestratorApp.SettingsOf(standIns, database, asGitHubApp, ("AI_PROVIDER", "offline"));
        standIns.Telegram.AddChat(chat);
        standIns.GitHub.AddRepository(repository);
        Address = new Uri($"http://127.0.0.1:{settings["PORT"]}");
        Ada = new TelegramPerson(standIns.Telegram, Address, OrchestratorApp.AdaId);
    }

    public TestDatabase Database { get; }

    public StandIns StandIns { get; }

    public TelegramPerson Ada { get; }

    public Uri Address { get; }

    public OrchestratorProcess App { get; private set; } = null!;

    /// <summary>What was sent, or just going out, when the app was last killed: the outbox rows at the head, and how many parts of them were recorded.</summary>
    public List<(long Id, int Parts)> InFlight { get; } = [];

    /// <summary>The time since the last start, with the lease time that was not waited for.</summary>
    public TimeSpan Recovery => sinceStart.Elapsed + Skipped;

    public TimeSpan Skipped { get; private set; }

    private string Mark => Path.Combine(folder, "mark");

    private string From => Path.Combine(folder, "from");

    public static async Task<KillStage> SetAsync(Scene scene, bool asGitHubApp = false)
    {
        var (database, chat, repository) = await Scenes.SetAsync(scene);
        return new KillStage(database, await StandIns.StartAsync(), chat, repository, asGitHubApp);
    }

    /// <summary>Starts the app; with a crash point it is killed there, counted from <see cref="Arm"/>.</summary>
    public async Task StartAsync(string? crashAt = null)
    {
        var environment = new Dictionary<string, string?>(settings);
        if (crashAt is not null)
        {
            (environment["DOTNET_STARTUP_HOOKS"], environment["CRASH_AT"]) = (Output("CrashPoints"), crashAt);
            (environment["CRASH_MARK"], environment["CRASH_FROM"]) = (Mark, From);
        }

        sinceStart.Restart();
        App = await OrchestratorProcess.StartAsync(environment, folder);
    }

    /// <summary>From now on the crash point counts.</summary>
    public void Arm() => File.WriteAllText(From, "");

    /// <summary>Waits for the app to be killed at its crash point; returns the statement's name.</summary>
    public async Task<string> CrashAsync()
    {
        await App.DeathAsync();
        Assert.True(File.Exists(Mark), $"it was not the crash point that ended it:\n{App.Log}");
        var statement = await File.ReadAllTextAsync(Mark);
        File.Delete(Mark);
        return statement[..(statement.IndexOf("*/", StringComparison.Ordinal) + 2)];
    }

    /// <summary>Starts the app again, and kills it at a call to GitHub.</summary>
    /// <param name="call">Method and path, or a part of them.</param>
    /// <param name="carriedOut">Whether GitHub has done what it asks for, and only the answer is on its way.</param>
    public async Task KillAtCallAsync(string call, bool carriedOut)
    {
        StandIns.GitHub.Trouble.Hold(call, carriedOut);
        await RestartAsync();
        await KillWhileHeldAsync();
    }

    /// <summary>Kills the app while one of its calls to GitHub is held.</summary>
    public async Task KillWhileHeldAsync()
    {
        var github = StandIns.GitHub;
        await github.Changes.UntilAsync(() => github.Trouble.Held > 0, "a call that is held", TimeSpan.FromSeconds(30), () => App.Log);
        await App.KillAsync();
        // A call that is let go before the dead one's connection has ended would be carried out after all.
        await github.Changes.UntilAsync(() => github.Trouble.Held == 0, "the end of its connection");
        github.Trouble.Release();
    }

    /// <summary>Starts the app again, without a crash point or with another one.</summary>
    /// <param name="crashAt">The next crash point, which counts from the start.</param>
    /// <param name="skipLeases">The dead process holds leases for half a minute; true makes them older by that, and counts it.</param>
    public async Task RestartAsync(string? crashAt = null, bool skipLeases = true)
    {
        App.Dispose();
        await using (var connection = await Database.DataSource.OpenConnectionAsync())
        {
            InFlight.AddRange(await connection.QueryAsync<(long, int)>("select id, cardinality(message_ids) from outbox where status = 'PENDING' order by id limit 1"));
            Skipped = skipLeases ? await SkipLeasesAsync(connection) : TimeSpan.Zero;
        }

        await StartAsync(crashAt);
    }

    /// <summary>Writes words.</summary>
    public Task<WebhookAnswer> SayAsync(string words) => DeliverAsync(Ada.MessageUpdate(Ada.Write(words)));

    /// <summary>Presses the newest button of this label.</summary>
    public async Task<WebhookAnswer> PressAsync(string label)
    {
        ShownMessage? on = null;
        await WaitForAsync(chat => (on = chat.Messages.LastOrDefault(shown => shown.Buttons.Any(button => button.Label == label))) is not null, $"a button [{label}]");
        return await DeliverAsync(Ada.PressUpdate(on!.Buttons.First(button => button.Label == label).Data!, on));
    }

    /// <summary>Waits for the question of a gate, which must come within a minute after the last start.</summary>
    public Task WaitForGateAsync(string title) => WaitForAsync(
        chat => chat.Messages.Any(message => message.FromBot && message.Text.Contains(title, StringComparison.Ordinal) && message.Buttons.Any()), $"the question about {title}");

    public async Task WaitForAsync(Func<TelegramChat, bool> condition, string waitedFor)
    {
        while (true)
        {
            try
            {
                await Ada.WaitForAsync(condition, waitedFor, TimeSpan.FromSeconds(1));
                return;
            }
            catch (TimeoutException late) when (Recovery > Patience)
            {
                throw new TimeoutException($"{Recovery.TotalSeconds:0} s after the start: {late.Message}\n{App.Log}", late);
            }
            catch (TimeoutException)
            {
                // There is time left, and a restart gives more.
            }
        }
    }

    public async Task<T> ReadAsync<T>(string sql)
    {
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql))!;
    }

    public async Task UntilAsync(string sql, long expected)
    {
        var end = DateTime.UtcNow + TimeSpan.FromSeconds(30);
        long found;
        while ((found = await ReadAsync<long>(sql)) != expected)
        {
            Assert.True(DateTime.UtcNow < end, $"{sql}\nanswers {found}, expected {expected}\n{Ada.Transcript}\n{App.Log}");
            await Task.Delay(50);
        }
    }

    /// <summary>Posts again and again until the status is 2xx.</summary>
    public async Task UntilTakenAsync(Func<Task<int>> post)
    {
        for (var end = DateTime.UtcNow + 2 * Patience; ; await Task.Delay(100))
        {
            try
            {
                if (await post() is >= 200 and < 300)
                {
                    return;
                }
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException)
            {
                // Nobody listens, or the connection broke.
            }

            Assert.True(DateTime.UtcNow < end, $"it was never taken:\n{App.Log}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        App?.Dispose();
        Ada.Dispose();
        var unexpected = StandIns.Unexpected.ToArray();
        await StandIns.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        Assert.Empty(unexpected);
    }

    // Telegram repeats an update, under the same number, until it is answered with 2xx.
    private async Task<WebhookAnswer> DeliverAsync(JsonObject update)
    {
        WebhookAnswer? taken = null;
        await UntilTakenAsync(async () => (taken = await Ada.PostAsync(update)).Status);
        return taken!;
    }

    private static async Task<TimeSpan> SkipLeasesAsync(NpgsqlConnection connection)
    {
        var skipped = await connection.ExecuteScalarAsync<TimeSpan?>(
            "select max(until) - now() from (select visible_at as until from durable.messages union all select ready_at from durable.activities) held where until > now() and until < 'infinity'");
        if (skipped is not { } time)
        {
            return TimeSpan.Zero;
        }

        await connection.ExecuteAsync("update durable.messages set visible_at = visible_at - @time where worker is not null; update durable.activities set ready_at = ready_at - @time where worker is not null", new { time });
        return time;
    }

    // …/tests/{this project}/bin/{configuration}/{framework}/ → the same place of a neighbour.
    private static string Output(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(here.Parent!.Parent!.Parent!.Parent!.FullName, project, "bin", here.Parent.Name, here.Name, project + ".dll");
    }
}
