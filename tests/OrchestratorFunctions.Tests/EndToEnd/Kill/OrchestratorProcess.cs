using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>The app as an operator runs it: a process of its own, which can be killed.</summary>
internal sealed class OrchestratorProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process process;
    private readonly ConcurrentQueue<string> log = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OrchestratorProcess(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Log => string.Join('\n', log);

    /// <summary>Starts it and returns when it says that it is ready, or when a crash point has killed it before.</summary>
    public static async Task<OrchestratorProcess> StartAsync(IReadOnlyDictionary<string, string?> settings, string folder)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "OrchestratorFunctions.dll"), "serve"])
        {
            // Not the tests' own folder: there may be settings in it.
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder,
        };
        // It lives for seconds: what the compiler learns in them is never used.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var app = new OrchestratorProcess(start);
        await Task.WhenAny(app.ready.Task, app.process.WaitForExitAsync()).WaitAsync(Patience);
        return app;
    }

    /// <summary>kill -9, as the kernel does it when memory is short.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await DeathAsync();
    }

    /// <summary>Waits until it has been killed; fails when it ends in any other way, or lives on.</summary>
    public async Task DeathAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Patience);
        // 128 + 9: what a kill -9 looks like from outside.
        Assert.True(process.ExitCode == 137, $"ended with {process.ExitCode}:\n{Log}");
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    private void Note(string? line)
    {
        if (line is null)
        {
            return;
        }

        log.Enqueue(line);
        if (line.StartsWith("ready ", StringComparison.Ordinal))
        {
            ready.TrySetResult();
        }
    }
}
