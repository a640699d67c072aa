using Dapper;
using DurableTask.PostgreSql;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OrchestratorFunctions.Database;
using TestKit;
using TestKit.PostgreSql;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The whole app over real HTTP: its own database, the stand-ins of its vendors, and Ada, who has an idea.</summary>
internal sealed class OrchestratorApp : IAsyncDisposable
{
    public const long AdaId = 4242;
    public const long StrangerId = 6666;
    private readonly Dictionary<string, string?> environment;
    private WebApplication? app;
    private FunctionsStage? stage;

    private OrchestratorApp(TestDatabase database, StandIns standIns, Dictionary<string, string?> settings)
    {
        Database = database;
        StandIns = standIns;
        environment = settings;
    }

    public TestDatabase Database { get; }

    public StandIns StandIns { get; }

    public Uri Address { get; private set; } = new("http://127.0.0.1:1");

    public TelegramPerson Ada { get; private set; } = null!;

    /// <summary>The clock of the app's process.</summary>
    public JumpingClock Clock { get; } = new();

    /// <summary>The stand-in of the Functions host and its handlers, when the app runs there.</summary>
    public FunctionsStage Stage => stage!;

    /// <summary>The same app under the Functions host, its HTTP functions and all others in processes of their own.</summary>
    public static Task<OrchestratorApp> StartUnderHostAsync(params (string Key, string? Value)[] overrides) => StartUnderHostAsync(asGitHubApp: false, overrides);

    public static async Task<OrchestratorApp> StartUnderHostAsync(bool asGitHubApp, params (string Key, string? Value)[] overrides)
    {
        var (database, standIns, settings) = await PrepareAsync(asGitHubApp, overrides);
        var running = new OrchestratorApp(database, standIns, settings) { stage = await FunctionsStage.SetAsync(settings) };
        await running.StartAppAsync();
        running.Ada = new TelegramPerson(standIns.Telegram, running.Address, AdaId);
        return running;
    }

    public static Task<OrchestratorApp> StartAsync(params (string Key, string? Value)[] overrides) => StartAsync(asGitHubApp: false, overrides);

    public static async Task<OrchestratorApp> StartAsync(bool asGitHubApp, params (string Key, string? Value)[] overrides)
    {
        var (database, standIns, settings) = await PrepareAsync(asGitHubApp, overrides);
        var running = new OrchestratorApp(database, standIns, settings);
        await running.StartAppAsync();
        running.Ada = new TelegramPerson(standIns.Telegram, running.Address, AdaId);
        return running;
    }

    /// <summary>A database with the app's schema, the stand-ins, and the settings that join them.</summary>
    public static async Task<(TestDatabase Database, StandIns StandIns, Dictionary<string, string?> Settings)> PrepareAsync(bool asGitHubApp = false, params (string Key, string? Value)[] overrides)
    {
        DapperConventions.Apply();
        var database = await TestDatabase.CreateAsync("app", connectionString => new SchemaMigrator(connectionString, typeof(Schema).Assembly, typeof(SchemaMigrator).Assembly).UpAsync());
        var standIns = await StandIns.StartAsync();
        return (database, standIns, SettingsOf(standIns, database, asGitHubApp, overrides));
    }

    /// <summary>The settings that join the app to a database and to the stand-ins; on GitHub by a personal token, or as an app.</summary>
    public static Dictionary<string, string?> SettingsOf(StandIns standIns, TestDatabase database, bool asGitHubApp, params (string Key, string? Value)[] overrides)
    {
        var settings = standIns.Environment.ToDictionary(entry => entry.Key, entry => (string?)entry.Value);
        settings["DATABASE_URL"] = database.Url;
        settings["TELEGRAM_ALLOWED_USERS"] = $"{AdaId},{AdaId + 1}";
        settings["PORT"] = FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture);
        settings["LOG_LEVEL"] = "WARNING";
        foreach (var (key, value) in (asGitHubApp ? standIns.GitHub.AppEnvironment.Select(entry => (entry.Key, (string?)entry.Value)) : []).Concat(overrides))
        {
            settings[key] = value;
        }

        return settings;
    }

    /// <summary>Stops the app as a deploy does and starts it again on the same database and port.</summary>
    /// <param name="overrides">Settings that are different from now on.</param>
    public async Task RestartAsync(params (string Key, string? Value)[] overrides)
    {
        await StopAppAsync();
        foreach (var (key, value) in overrides)
        {
            environment[key] = value;
        }

        await StartAppAsync();
    }

    /// <summary>One more process of the app on the same database, with a clock of its own. The caller disposes it.</summary>
    public async Task<WebApplication> StartAnotherAsync(JumpingClock clock)
    {
        var another = App.Build(new Dictionary<string, string?>(environment) { ["PORT"] = "0" }, clock);
        await another.StartAsync();
        return another;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    public T Get<T>()
        where T : notnull => app!.Services.GetRequiredService<T>();

    public async Task<T> ReadAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    /// <summary>Waits until a query answers <paramref name="expected"/>.</summary>
    public async Task UntilAsync<T>(string sql, T expected, TimeSpan? deadline = null)
    {
        var end = DateTime.UtcNow + (deadline ?? TimeSpan.FromSeconds(20));
        T found;
        while (!Equals(found = await ReadAsync<T>(sql), expected))
        {
            Assert.True(DateTime.UtcNow < end, $"{sql}\nanswers {found}, expected {expected}\n{Ada?.Transcript}");
            await Task.Delay(25);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAppAsync();
        Ada?.Dispose();
        if (stage is not null)
        {
            await stage.DisposeAsync();
        }

        var unexpected = StandIns.Unexpected.ToArray();
        await StandIns.DisposeAsync();
        await Database.DisposeAsync();
        Assert.Empty(unexpected);
    }

    private async Task StartAppAsync()
    {
        if (stage is not null)
        {
            await stage.Host.StartAsync();
            // Whoever asks waits for it to answer, but no longer than a person's patience.
            await stage.Http.ReadyAsync(CancellationToken.None);
            Address = stage.Host.Address;
            return;
        }

        app = App.Build(environment, Clock);
        OrchestratorFunctions.Operations.Settings.Validate(app.Services);
        await app.StartAsync();
        Address = new Uri(app.Urls.First());
    }

    /// <summary>Stops the app as a deploy does; the database and the stand-ins stay.</summary>
    public async Task StopAppAsync()
    {
        if (stage is not null)
        {
            await stage.Host.StopAsync();
        }

        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
            app = null;
        }
    }

    // The port is part of the addresses under which briefs are served, so it must be known before the app starts.
    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
