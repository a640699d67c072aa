using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FunctionsHost.Handlers;

/// <summary>
/// The handler as a process that this host starts and starts again, by the rules that were seen: with exit code 0 never, with 200 as often as need be, with any other
/// code until the third within half an hour.
/// </summary>
public sealed class HandlerProcess : IHandler
{
    private const int MostCrashes = 3;
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private readonly ConcurrentQueue<string> log = new();
    private readonly Func<int, ProcessStartInfo> start;
    private readonly HttpClient probe = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };
    private readonly CancellationTokenSource stopped = new();
    private readonly Task life;
    private TaskCompletionSource<Uri> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? process;

    /// <param name="start">Makes the command for a port.</param>
    public HandlerProcess(Func<int, ProcessStartInfo> start)
    {
        this.start = start;
        life = Task.Run(LiveAsync);
    }

    public string Log => string.Join('\n', log);

    public int Starts { get; private set; }

    public int? LastExitCode { get; private set; }

    /// <summary>Why it is not started again; null while it is.</summary>
    public string? GivenUp { get; private set; }

    public Task<Uri> ReadyAsync(CancellationToken cancellation) => Volatile.Read(ref ready).Task.WaitAsync(cancellation);

    /// <summary>kill -9. Returns when the host has seen that it is dead, and starts it again.</summary>
    public async Task KillAsync()
    {
        var victim = process ?? throw new InvalidOperationException("There is no process to kill.");
        var before = Starts;
        victim.Kill();
        await victim.WaitForExitAsync();
        // Until the host has seen it: what comes now waits for the next process.
        while (Starts == before && GivenUp is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>SIGTERM. Returns when it has ended.</summary>
    public async Task TerminateAsync()
    {
        var told = process ?? throw new InvalidOperationException("There is no process to end.");
        using var kill = Process.Start("kill", ["-TERM", $"{told.Id}"]);
        await told.WaitForExitAsync().WaitAsync(StartPatience);
    }

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        if (process is { HasExited: false } running)
        {
            running.Kill();
        }

        await life;
        process?.Dispose();
        probe.Dispose();
        stopped.Dispose();
    }

    private async Task LiveAsync()
    {
        for (var crashes = 0; !stopped.IsCancellationRequested && GivenUp is null;)
        {
            var port = FreePort();
            process = Process.Start(start(port))!;
            Starts++;
            process.OutputDataReceived += (_, line) => Note(line.Data);
            process.ErrorDataReceived += (_, line) => Note(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            var end = process.WaitForExitAsync();
            if (await AnswersAsync(new Uri($"http://127.0.0.1:{port}/"), end))
            {
                ready.TrySetResult(new Uri($"http://127.0.0.1:{port}/"));
            }

            await end;
            LastExitCode = process.ExitCode;
            if (stopped.IsCancellationRequested)
            {
                return;
            }

            GivenUp = process.ExitCode == 0 ? "it ended with exit code 0"
                : process.ExitCode != 200 && ++crashes == MostCrashes ? $"it crashed {crashes} times, last with exit code {process.ExitCode}"
                : null;
            var before = Interlocked.Exchange(ref ready, new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously));
            if (GivenUp is { } why)
            {
                before.TrySetException(new HandlerGoneException(why));
                ready.TrySetException(new HandlerGoneException(why));
            }
        }
    }

    private async Task<bool> AnswersAsync(Uri address, Task end)
    {
        var deadline = DateTime.UtcNow + StartPatience;
        while (!end.IsCompleted && DateTime.UtcNow < deadline)
        {
            try
            {
                using var any = await probe.GetAsync(address, stopped.Token);
                return true;
            }
            catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
            {
                if (stopped.IsCancellationRequested)
                {
                    return false;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(25));
            }
        }

        return false;
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            log.Enqueue(line);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>The host does not start the handler any more.</summary>
public sealed class HandlerGoneException(string why) : Exception($"The handler is not started again: {why}.");
