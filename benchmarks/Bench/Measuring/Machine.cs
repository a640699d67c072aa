using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;

namespace Bench.Measuring;

// What the figures were measured on; without it they mean nothing.
internal static class Machine
{
    public static async Task<string> DescribeAsync(NpgsqlDataSource source)
    {
        var settings = new List<string>();
        foreach (var name in (string[])["server_version", "synchronous_commit", "fsync", "shared_buffers"])
        {
            await using var command = source.CreateCommand($"show {name}");
            settings.Add($"{name.Replace("server_version", "PostgreSQL", StringComparison.Ordinal)} {((string)(await command.ExecuteScalarAsync())!).Split(' ')[0]}");
        }

        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        return $"{DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}: {Environment.ProcessorCount} cores ({Processor()}), {memory:0} GB, {RuntimeInformation.FrameworkDescription}, {string.Join(", ", settings)}";
    }

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
}
