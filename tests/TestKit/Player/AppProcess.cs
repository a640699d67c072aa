using System.Collections.Concurrent;
using System.Diagnostics;

namespace TestKit.Player;

/// <summary>The app as a child process, with the end of its log at hand.</summary>
public sealed class AppProcess : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> log = new();
    private readonly TaskCompletionSource<Uri> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process process;

    private AppProcess(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The operating system's number of it.</summary>
    public int Id => process.Id;

    /// <summary>The last lines of what it printed.</summary>
    public string LogTail => string.Join('\n', log);

    /// <summary>Migrates, serves, and returns once the app has printed "ready http://…".</summary>
    public static async Task<(AppProcess App, Uri Address)> StartAsync(string path, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        // Not the caller's folder: a local.settings.json there belongs to another run.
        var folder = Directory.CreateTempSubdirectory("orchestrator-player-").FullName;
        await using (var migration = new AppProcess(Start(path, folder, settings, "migrate", "up")))
        {
            await migration.process.WaitForExitAsync(cancellationToken);
            if (migration.process.ExitCode != 0)
            {
                throw new InvalidOperationException($"“{Path.GetFileName(path)} migrate up” ended with {migration.process.ExitCode}:\n{migration.LogTail}");
            }
        }

        var app = new AppProcess(Start(path, folder, settings, "serve"));
        var end = app.process.WaitForExitAsync(cancellationToken);
        if (await Task.WhenAny(app.ready.Task, end) == end)
        {
            var tail = app.LogTail;
            await app.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw new InvalidOperationException($"The app ended before it was ready:\n{tail}");
        }

        return (app, await app.ready.Task);
    }

    /// <summary>kill -9: no handler, no flush.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Asks it to end (SIGTERM), and ends it after ten seconds.</summary>
    public async Task StopAsync()
    {
        if (process.HasExited)
        {
            return;
        }

        Terminate();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process.Dispose();
    }

    private static ProcessStartInfo Start(string path, string folder, IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.GetFullPath(path), arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder };
        // Settings of the surroundings that would lead the app to a real vendor.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("AZURE_OPENAI_", StringComparison.Ordinal) || name.StartsWith("GITHUB_", StringComparison.Ordinal) || name.StartsWith("FUNCTIONS_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    // .NET has no polite way to end a process; where there is SIGTERM, the app gets it.
    private void Terminate()
    {
        if (OperatingSystem.IsWindows())
        {
            process.Kill(entireProcessTree: true);
            return;
        }

        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        kill.WaitForExit();
    }

    private void Note(string? line)
    {
        if (line is null)
        {
            return;
        }

        log.Enqueue(line);
        while (log.Count > 60)
        {
            log.TryDequeue(out _);
        }

        if (line.StartsWith("ready http", StringComparison.Ordinal) && Uri.TryCreate(line["ready ".Length..].Trim(), UriKind.Absolute, out var address))
        {
            ready.TrySetResult(address);
        }
    }
}
