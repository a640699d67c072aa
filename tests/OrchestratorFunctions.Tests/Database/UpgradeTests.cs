using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dapper;
using DurableTask.PostgreSql;
using OrchestratorFunctions.Database;
using TestKit;
using TestKit.Player;
using TestKit.PostgreSql;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.Database;

/// <summary>
/// An upgrade while the version before still serves: its binaries, built from the commit before the newest migration (UPGRADE_FROM names another one), work on the new schema, beside the new version.
/// </summary>
public sealed class UpgradeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact, Trait("Suite", "upgrade")]
    public async Task The_version_before_serves_on_the_new_schema_beside_the_new_one()
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMinutes(12));
        var before = await BuildBeforeAsync(cancellation.Token);
        await using var database = await TestDatabase.CreateAsync("empty");
        await using var standIns = await StandIns.StartAsync();
        await using var old = await StartAsync(before, database, standIns, cancellation.Token);
        var migrator = new SchemaMigrator(database.ConnectionString, typeof(Schema).Assembly, typeof(SchemaMigrator).Assembly);
        Assert.Contains(await migrator.StatusAsync(), migration => !migration.Applied);

        var first = new Talk(standIns, old.Address, 0);
        var played = first.PlayAsync();
        await first.IsAnsweredAsync();
        await migrator.UpAsync();
        await played;
        await new Talk(standIns, old.Address, 1).PlayAsync();

        await using var present = await StartAsync(Path.Combine(AppContext.BaseDirectory, "OrchestratorFunctions"), database, standIns, cancellation.Token);
        await Task.WhenAll(new Talk(standIns, old.Address, 2).PlayAsync(), new Talk(standIns, present.Address, 3).PlayAsync());
        await old.App.StopAsync();
        await new Talk(standIns, present.Address, 4).PlayAsync();

        await using var connection = await database.DataSource.OpenConnectionAsync(cancellation.Token);
        Assert.Equal(5, await connection.ExecuteScalarAsync<int>("select count(*) from projects where status = 'COMPLETED'"));
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>("select count(*) from inbox where status = 'PARKED'"));
        Assert.Equal(5 * 4, standIns.Scar.Runs.Count);
        Assert.Empty(standIns.Unexpected);
    }

    private static async Task<Serving> StartAsync(string path, TestDatabase database, StandIns standIns, CancellationToken cancellation)
    {
        var settings = new Dictionary<string, string>(standIns.Environment, StringComparer.Ordinal)
        {
            ["DATABASE_URL"] = database.Url,
            ["PORT"] = FreePort(),
            ["AI_PROVIDER"] = "offline",
            ["TELEGRAM_ALLOWED_USERS"] = string.Join(',', Enumerable.Range(0, 5).Select(Talk.PersonOf)),
        };
        var (app, address) = await AppProcess.StartAsync(path, settings, cancellation);
        return new Serving(app, address);
    }

    // The executable of the version before, built outside of this checkout.
    private static async Task<string> BuildBeforeAsync(CancellationToken cancellation)
    {
        var newest = await RunAsync("git", ["log", "--diff-filter=A", "-1", "--format=%H", "--", "src/*/Migrations/M[0-9]*.cs", "src/*/Schema/M[0-9]*.cs"], Checkout.Root, cancellation);
        var revision = Environment.GetEnvironmentVariable("UPGRADE_FROM") is { Length: > 0 } asked ? asked : $"{newest.Trim()}^";
        var folder = Directory.CreateTempSubdirectory("version-before-").FullName;
        var archive = Path.Combine(folder, "version.tar");
        await RunAsync("git", ["archive", "--output", archive, revision], Checkout.Root, cancellation);
        await RunAsync("tar", ["-xf", archive], folder, cancellation);
        await RunAsync("dotnet", ["build", "src/OrchestratorFunctions", "-c", "Release", "-p:RunAnalyzers=false", "--nologo", "-v", "quiet"], folder, cancellation);
        return Path.Combine(folder, "src/OrchestratorFunctions/bin/Release/net10.0/OrchestratorFunctions");
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string folder, CancellationToken cancellation)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false })!;
        var said = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode == 0 ? said : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{said}");
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }

    private sealed record Serving(AppProcess App, Uri Address) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => App.DisposeAsync();
    }

    // A person who plays the whole way by way of one of the two versions.
    private sealed class Talk(StandIns standIns, Uri app, int number)
    {
        private readonly TelegramPerson person = new(standIns.Telegram, app, PersonOf(number));

        public static long PersonOf(int number) => StandIns.AdaId + number;

        public async Task PlayAsync()
        {
            var since = Stopwatch.StartNew();
            await new Ada(person, () => Patience - since.Elapsed is { Ticks: > 0 } left ? left : TimeSpan.Zero).PlayAsync();
            person.Dispose();
        }

        public Task IsAnsweredAsync() => person.WaitForAsync(chat => chat.Messages.Any(message => message.FromBot), "a first answer", Patience);
    }
}
