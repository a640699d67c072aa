using System.Net;
using DurableTask.Wire;
using FunctionsHost.Front;
using FunctionsHost.Handlers;
using FunctionsHost.Hub;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FunctionsHost;

/// <summary>
/// Stands in for the Azure Functions host with the Durable Task extension, from the handler's point of view: what was captured of the real one, its traps included. HTTP
/// functions and all others may have handlers of their own, as on plans that scale them apart. What would be in storage (the hub, the queues) outlives a restart of the host.
/// </summary>
public sealed class StandInHost : IAsyncDisposable
{
    private readonly TaskHub hub = new();
    private readonly IReadOnlyList<FunctionFolder> functions;
    private readonly WebApplication front;
    private readonly Invoker invoker;
    private readonly Func<string, IHandler> makeHandler;
    private IHandler? http;
    private IHandler? durable;
    private WebApplication? extension;
    private CancellationTokenSource? stop;
    private Task work = Task.CompletedTask;

    /// <param name="root">The script root with the functions' folders.</param>
    /// <param name="makeHandler">Makes the handler of a group, <c>http</c> or <c>durable</c>; called once for each at every start of the host.</param>
    public StandInHost(string root, Func<string, IHandler> makeHandler)
    {
        functions = FunctionFolder.ReadAll(root);
        this.makeHandler = makeHandler;
        invoker = new Invoker(() => ExtensionAddress);
        front = Server(HttpProtocols.Http1, FreePort());
        var answers = new HttpFront(functions, () => http!, invoker);
        Queues.Map(front);
        front.Map("{**path}", answers.AnswerAsync);
    }

    public Uri Address => new(front.Urls.Single());

    public QueueStandIn Queues { get; } = new();

    public string StorageConnection => QueueStandIn.ConnectionString(Address);

    /// <summary>functionTimeout of host.json: how long an invocation may take. The handler is told nothing, it is only cut off. Endless unless it is set.</summary>
    public TimeSpan FunctionTimeout
    {
        get => invoker.FunctionTimeout;
        set => invoker.FunctionTimeout = value;
    }

    /// <summary>Where the extension's gRPC service is now; another place at every start.</summary>
    public Uri ExtensionAddress { get; private set; } = new("http://127.0.0.1:1");

    /// <summary>Transactions of the storage account so far, computed: those of the hub, and three for a message of a queue (put, got, deleted).</summary>
    public long StorageTransactions => hub.Bill.Transactions + (3 * Queues.Sent);

    /// <summary>The functions that were invoked, in order.</summary>
    public IReadOnlyCollection<string> Invoked => invoker.Invoked;

    /// <summary>How long the invocations took, added up.</summary>
    public TimeSpan Busy => invoker.Busy;

    public IHandler HttpHandler => http!;

    public IHandler DurableHandler => durable!;

    internal TaskHub Hub => hub;

    /// <summary>Starts the front, where storage is reachable even while the host is down.</summary>
    public Task ListenAsync() => front.StartAsync();

    /// <summary>Starts the host: handlers, extension, triggers.</summary>
    public async Task StartAsync()
    {
        stop = new CancellationTokenSource();
        extension = Server(HttpProtocols.Http2, 0, builder => builder.Services.AddSingleton(hub).AddGrpc(grpc => grpc.MaxReceiveMessageSize = 4194304));
        extension.MapGrpcService<HubService>();
        await extension.StartAsync();
        ExtensionAddress = new Uri(extension.Urls.Single());
        (http, durable) = (makeHandler("http"), makeHandler("durable"));
        var byName = functions.ToDictionary(function => function.Name, StringComparer.OrdinalIgnoreCase);
        work = Task.WhenAll(
            new HubWork(hub, () => durable, byName, invoker).RunAsync(stop.Token),
            new Triggers(functions, () => durable, invoker, Queues).RunAsync(stop.Token));
    }

    /// <summary>The host goes down, its handlers with it. What was in flight is in its queues again.</summary>
    public async Task StopAsync()
    {
        if (stop is null)
        {
            return;
        }

        await stop.CancelAsync();
        await http!.DisposeAsync();
        await durable!.DisposeAsync();
        await work;
        await extension!.StopAsync();
        await extension.DisposeAsync();
        stop.Dispose();
        stop = null;
    }

    /// <summary>Fails an instance that waits, as the host does when the worker dies in the middle of its step.</summary>
    public async Task FailAsync(string instanceId)
    {
        while (!hub.TryFail(instanceId))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Takes a failed instance back without the message that wakes it, as when that one is lost.</summary>
    /// <param name="instanceId">The instance.</param>
    public void RewindWithoutWaking(string instanceId) => hub.Rewind(hub.Find(instanceId)!, reason: null);

    /// <summary>Waits until a message of a kind has come to an instance that was finished or failed, and was dropped, as the extension does.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="kind">The kind of the history event, for example <c>TimerFired</c>.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task DroppedAsync(string instanceId, string kind, CancellationToken cancellation)
    {
        while (!hub.HasDropped(instanceId, Enum.Parse<HistoryEvent.EventTypeOneofCase>(kind)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), cancellation);
        }
    }

    /// <summary>The statuses of all instances, one line each.</summary>
    public string Describe() => hub.With(all => string.Join('\n', all.Values.Select(one => $"{one.Id} {one.Name} {one.Status} inbox {one.Inbox.Count} episode {one.IsInEpisode} {one.Output}")));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await front.StopAsync();
        await front.DisposeAsync();
        invoker.Dispose();
    }

    private static WebApplication Server(HttpProtocols protocols, int port, Action<WebApplicationBuilder>? more = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols);
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        more?.Invoke(builder);
        return builder.Build();
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
