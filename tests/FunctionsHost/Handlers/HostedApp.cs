using System.Collections.Concurrent;
using System.Net;
using DurableTask;
using DurableTask.AzureFunctions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FunctionsHost.Handlers;

/// <summary>A handler in this process under the stand-in host.</summary>
internal sealed class HostedApp : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly string root;

    private HostedApp(WebApplication app, StandInHost host, string root) => (this.app, Host, this.root) = (app, host, root);

    public StandInHost Host { get; }

    public DurableTaskClient Client => Services.GetRequiredService<DurableTaskClient>();

    public IServiceProvider Services => app.Services;

    public Uri Handler => new(app.Urls.Single());

    public Lines Log => app.Services.GetRequiredService<Lines>();

    public static async Task<HostedApp> StartAsync(DurableTaskRegistry tasks, FunctionTriggers? triggers = null, Action<WebApplication>? map = null, Action<FunctionsOptions>? configure = null, Action<IServiceCollection>? add = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var log = new Lines();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        // A start-up timer brings the address of the hub, as in the app.
        triggers ??= new FunctionTriggers().AddTimer("LearnHub", "*/59 * * * * *", (_, _) => Task.CompletedTask);
        builder.Services.AddSingleton(log).AddFunctionsTaskHub(tasks, triggers, configure);
        add?.Invoke(builder.Services);
        var handler = builder.Build();
        map?.Invoke(handler);
        handler.MapInvocations();
        await handler.StartAsync();
        var folder = Directory.CreateTempSubdirectory("functions-").FullName;
        new FunctionManifest(tasks, triggers, HttpFunction.Of(((IEndpointRouteBuilder)handler).DataSources)).WriteTo(folder);
        var host = new StandInHost(folder, _ => new HandlerApp(new Uri(handler.Urls.Single())));
        await host.ListenAsync();
        await host.StartAsync();
        return new HostedApp(handler, host, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await app.StopAsync();
        await app.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }
}

internal sealed class Lines : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Written { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Written.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
