using System.Diagnostics;

namespace Bench.Measuring;

// A process of ours whose lines we read. Ended by its id, with what it started, when we are done.
internal sealed class Child : IAsyncDisposable
{
    private readonly Process process;

    private Child(Process process) => this.process = process;

    public static Child Start(string program, IEnumerable<string> arguments, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardInput = true, WorkingDirectory = folder ?? Environment.CurrentDirectory };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new Child(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start."));
    }

    public int Id => process.Id;

    // The next line it writes; its error stream is ours.
    public async Task<string> ReadLineAsync(TimeSpan patience) =>
        await process.StandardOutput.ReadLineAsync().WaitAsync(patience)
            ?? throw new InvalidOperationException($"{process.StartInfo.FileName} ended before it said what it was asked for.");

    public async Task WriteLineAsync(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync();
    }

    public async Task EndAsync(TimeSpan patience)
    {
        await process.WaitForExitAsync().WaitAsync(patience);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} ended with {process.ExitCode}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }
}
