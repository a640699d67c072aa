using System.Diagnostics;
using FunctionsHost;
using FunctionsHost.Handlers;
using TestKit;
using TestKit.PostgreSql;
using TestKit.Telegram;

namespace Bench.Cost;

// The published app on one of its engines, with its vendors' stand-ins and a person who writes to it.
internal sealed class Played : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly StandIns standIns;
    private readonly HandlerProcess? process;

    private Played(TestDatabase database, StandIns standIns, HandlerProcess? process, StandInHost? host, Uri address)
    {
        (Database, this.standIns, this.process, Host) = (database, standIns, process, host);
        Person = new TelegramPerson(standIns.Telegram, address, StandIns.AdaId);
    }

    public TestDatabase Database { get; }

    public StandInHost? Host { get; }

    public TelegramPerson Person { get; }

    public static async Task<Played> StartAsync(string app, string databaseUrl, bool underHost)
    {
        var program = Path.Combine(app, "OrchestratorFunctions");
        var vendors = await StandIns.StartAsync();
        var database = await TestDatabase.CreateOnAsync(databaseUrl);
        var settings = new Dictionary<string, string>(vendors.Environment, StringComparer.Ordinal) { ["DATABASE_URL"] = database.Url, ["LOG_LEVEL"] = "WARNING", ["PERSON_RATE_LIMIT"] = "100000/minute" };
        using (var migration = Process.Start(Start(program, app, settings, "migrate", "up"))!)
        {
            _ = await migration.StandardOutput.ReadToEndAsync();
            await migration.WaitForExitAsync();
        }

        if (underHost)
        {
            var host = new StandInHost(app, _ => new HandlerProcess(port => Start(program, app, With(settings, "FUNCTIONS_CUSTOMHANDLER_PORT", $"{port}"))));
            await host.ListenAsync();
            (settings["AzureWebJobsStorage"], settings["WEBSITE_HOSTNAME"]) = (host.StorageConnection, host.Address.Authority);
            await host.StartAsync();
            await host.HttpHandler.ReadyAsync(CancellationToken.None);
            return new Played(database, vendors, null, host, host.Address);
        }

        // The same keeper of a process that the stand-in host has; without the host's variable it is the app by itself.
        var alone = new HandlerProcess(port => Start(program, app, With(settings, "PORT", $"{port}"), "serve"));
        return new Played(database, vendors, alone, null, await alone.ReadyAsync(CancellationToken.None).WaitAsync(Patience));
    }

    public async Task<TimeSpan> SayAsync(string text)
    {
        var heard = Person.Chat.Messages.Count(message => message.FromBot);
        var since = Stopwatch.GetTimestamp();
        await Person.SayAsync(text);
        try
        {
            await Person.WaitForAsync(chat => chat.Messages.Count(message => message.FromBot) > heard, "an answer", Patience);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{Host?.Describe()}\n{Log}", late);
        }

        return Stopwatch.GetElapsedTime(since);
    }

    private string Log => string.Join('\n', new[] { process, Host?.HttpHandler, Host?.DurableHandler }.OfType<HandlerProcess>().Select(handler => handler.Log));

    // From the press that begins the work to its end, with every gate approved as soon as it asks.
    public async Task<TimeSpan> WorkAsync()
    {
        var since = Stopwatch.GetTimestamp();
        await PressAsync("Generate vision");
        await GateAsync("Vision, version 1");
        await Person.SayAsync("/repo octocat/demo-app");
        await Person.WaitForAsync("works in", Patience);
        await PressAsync("Approve");
        await GateAsync("Plan, version 1");
        await PressAsync("Approve");
        await GateAsync("Report, version 1");
        await PressAsync("Approve");
        await Person.WaitForAsync("is completed", Patience);
        return Stopwatch.GetElapsedTime(since);
    }

    public bool IsOffered => Person.Chat.Messages.Any(message => message.Buttons.Any(button => button.Label == "Generate vision"));

    public async ValueTask DisposeAsync()
    {
        Person.Dispose();
        await (Host?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (process?.DisposeAsync() ?? ValueTask.CompletedTask);
        await standIns.DisposeAsync();
        await Database.DisposeAsync();
    }

    private Task<WebhookAnswer> PressAsync(string label) => Person.PressAsync(label, Patience);

    private Task GateAsync(string title) => Person.WaitForAsync(
        chat => chat.Messages.Any(message => message.FromBot && message.Text.Contains(title, StringComparison.Ordinal) && message.Buttons.Any()), $"the question about {title}", Patience);

    private static Dictionary<string, string> With(Dictionary<string, string> settings, string name, string value) => new(settings, StringComparer.Ordinal) { [name] = value };

    private static ProcessStartInfo Start(string program, string folder, Dictionary<string, string> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
