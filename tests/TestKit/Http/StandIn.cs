using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace TestKit.Http;

/// <summary>A vendor's HTTP service on 127.0.0.1, played by us. It records every call and refuses none silently.</summary>
public abstract class StandIn : IAsyncDisposable
{
    private readonly ConcurrentQueue<RecordedCall> calls = new();
    private readonly ConcurrentQueue<string> unexpected = new();
    private WebApplication? host;
    private int port;

    protected StandIn() => Trouble = new Trouble(Changes);

    /// <summary>http://127.0.0.1:PORT, without a slash at the end.</summary>
    public string Address => $"http://127.0.0.1:{port}";

    public Trouble Trouble { get; }

    /// <summary>Pulsed at every change that somebody may wait for.</summary>
    public Signal Changes { get; } = new();

    public IReadOnlyList<RecordedCall> Calls => [.. calls];

    /// <summary>Calls that the vendor would not know, or that the app must never make. A test asserts that this is empty.</summary>
    public IReadOnlyList<string> Unexpected => [.. unexpected];

    /// <summary>Starts, or comes back at the same port after <see cref="StopAsync"/>.</summary>
    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var app = builder.Build();
        app.Use(RecordAsync);
        app.UseRouting();
        ControlApi.Map(app, this);
        MapControl(app);
        Map(app);
        app.MapFallback(context =>
        {
            NoteUnexpected($"{context.Request.Method} {Masked(context.Request.Path)}");
            return NotFoundAsync(context);
        });
        await app.StartAsync();
        host = app;
        port = new Uri(app.Urls.Single()).Port;
    }

    /// <summary>Goes away: connections are refused until <see cref="StartAsync"/>. What the vendor keeps is kept.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref host, null) is { } running)
        {
            Trouble.Release();
            await running.StopAsync();
            await running.DisposeAsync();
        }
    }

    public virtual async ValueTask DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Notes a call that must not happen.</summary>
    public void NoteUnexpected(string what)
    {
        unexpected.Enqueue(what);
        Changes.Pulse();
    }

    protected abstract void Map(IEndpointRouteBuilder routes);

    /// <summary>The stand-in's own part of the control API, below /control.</summary>
    protected virtual void MapControl(IEndpointRouteBuilder routes)
    {
    }

    /// <summary>How this vendor says 404.</summary>
    protected abstract Task NotFoundAsync(HttpContext context);

    protected virtual string Masked(string path) => path;

    private async Task RecordAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/control", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }

        context.Request.EnableBuffering();
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8, leaveOpen: true);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        context.Request.Body.Position = 0;
        try
        {
            if (!await Trouble.HappensAsync(context))
            {
                await next(context);
            }
        }
        catch (Exception defect) when (!context.RequestAborted.IsCancellationRequested && defect is not OperationCanceledException and not Microsoft.AspNetCore.Http.BadHttpRequestException and not ConnectionAbortedException)
        {
            // The stand-in's own fault must not pass for the vendor's.
            NoteUnexpected($"{context.Request.Method} {Masked(context.Request.Path)}: the stand-in failed with {defect.GetType().Name}: {defect.Message}");
            throw;
        }
        finally
        {
            calls.Enqueue(new RecordedCall(
                context.Request.Method, Masked(context.Request.Path), body.Length > 65_536 ? body[..65_536] : body, context.RequestAborted.IsCancellationRequested ? 0 : context.Response.StatusCode));
            Changes.Pulse();
        }
    }
}
