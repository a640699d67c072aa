using System.Diagnostics;
using Npgsql;

namespace Bench.Measuring;

// How much processor time this process and PostgreSQL take from one moment to another, in cores (1 = one core all the time).
internal sealed record CpuUse(double Ours, double? Database, TimeSpan Wall)
{
    public override string ToString() => $"{Ours:0.00} cores ours, {(Database is { } database ? $"{database:0.00}" : "unknown")} PostgreSQL's";
}

internal sealed class CpuWindow
{
    private readonly int? postmaster;
    private readonly long began = Stopwatch.GetTimestamp();
    private readonly TimeSpan ours = Environment.CpuUsage.TotalTime;
    private readonly TimeSpan database;

    private CpuWindow(int? postmaster)
    {
        this.postmaster = postmaster;
        database = postmaster is { } root ? Proc.TimeOfTree(root) : TimeSpan.Zero;
    }

    public static async Task<CpuWindow> OpenAsync(NpgsqlDataSource source) => new(await PostmasterAsync(source));

    public CpuUse Close()
    {
        var wall = Stopwatch.GetElapsedTime(began);
        return new CpuUse(
            (Environment.CpuUsage.TotalTime - ours) / wall,
            postmaster is { } root ? (Proc.TimeOfTree(root) - database) / wall : null,
            wall);
    }

    // Null when the server is on another machine.
    private static async Task<int?> PostmasterAsync(NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync();
        try
        {
            return File.ReadAllText($"/proc/{connection.ProcessID}/comm").StartsWith("postgres", StringComparison.Ordinal) ? Proc.Parent(connection.ProcessID) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
