using System.Collections.Concurrent;
using System.Diagnostics;
using FunctionsHost;
using FunctionsHost.Handlers;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The stand-in of the Functions host over the folder that ./publish makes, and the processes that it starts of the executable there.</summary>
internal sealed class FunctionsStage : IAsyncDisposable
{
    private readonly string root;
    private readonly ConcurrentQueue<HandlerProcess> started = new();

    private FunctionsStage(string root, Dictionary<string, string?> settings)
    {
        this.root = root;
        Host = new StandInHost(root, _ => Start(settings));
    }

    public StandInHost Host { get; }

    /// <summary>What runs the HTTP functions.</summary>
    public HandlerProcess Http => (HandlerProcess)Host.HttpHandler;

    /// <summary>What runs orchestrators, activities, timers and queues.</summary>
    public HandlerProcess Durable => (HandlerProcess)Host.DurableHandler;

    /// <summary>What all processes have logged.</summary>
    public string Log => string.Join('\n', started.Select(one => one.Log));

    public static async Task<FunctionsStage> SetAsync(Dictionary<string, string?> settings)
    {
        var stage = new FunctionsStage(await PublishedApp.FolderAsync(), settings);
        await stage.Host.ListenAsync();
        settings["AzureWebJobsStorage"] = stage.Host.StorageConnection;
        settings["WEBSITE_HOSTNAME"] = stage.Host.Address.Authority;
        settings["FUNCTIONS_WORKER_RUNTIME"] = "custom";
        return stage;
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private HandlerProcess Start(Dictionary<string, string?> settings)
    {
        var handler = new HandlerProcess(port =>
        {
            var start = new ProcessStartInfo(Path.Combine(root, "OrchestratorFunctions")) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = root };
            foreach (var (name, value) in settings)
            {
                start.Environment[name] = value;
            }

            start.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"] = $"{port}";
            return start;
        });
        started.Enqueue(handler);
        return handler;
    }
}
