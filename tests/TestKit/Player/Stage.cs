using System.Net;
using System.Net.Sockets;
using TestKit.PostgreSql;
using TestKit.Telegram;

namespace TestKit.Player;

/// <summary>Everything on one machine: a fresh database, the stand-ins, the app as a process, and Ada.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly TestDatabase database;
    private readonly AppProcess app;

    private Stage(TestDatabase database, StandIns standIns, AppProcess app, Uri address)
    {
        (this.database, StandIns, this.app, Address) = (database, standIns, app, address);
        Ada = new TelegramPerson(standIns.Telegram, address, StandIns.AdaId);
    }

    public StandIns StandIns { get; }

    public TelegramPerson Ada { get; }

    public Uri Address { get; }

    public string LogTail => app.LogTail;

    public static async Task<Stage> SetAsync(string appPath, string databaseUrl, CancellationToken cancellationToken)
    {
        var standIns = await StandIns.StartAsync();
        TestDatabase? fresh = null;
        try
        {
            fresh = await TestDatabase.CreateOnAsync(databaseUrl);
            var settings = new Dictionary<string, string>(standIns.Environment, StringComparer.Ordinal)
            {
                ["DATABASE_URL"] = fresh.Url,
                ["PORT"] = FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture),
            };
            var (app, address) = await AppProcess.StartAsync(appPath, settings, cancellationToken);
            return new Stage(fresh, standIns, app, address);
        }
        catch
        {
            await standIns.DisposeAsync();
            if (fresh is not null)
            {
                await fresh.DisposeAsync();
            }

            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Ada.Dispose();
        await app.DisposeAsync();
        await StandIns.DisposeAsync();
        await database.DisposeAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
