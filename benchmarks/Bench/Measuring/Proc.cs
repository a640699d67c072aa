using System.Globalization;

namespace Bench.Measuring;

// What /proc says about a process and those it started. Linux only, as is the rest of the scripts.
internal static class Proc
{
    private const double TicksPerSecond = 100; // USER_HZ, the unit of /proc on every Linux architecture .NET runs on

    public static int Parent(int process) => int.Parse(Stat(process)[1]);

    // What of a process is in memory, in bytes: its own pages and those of the files that it has mapped.
    public static double Memory(int process) =>
        1024 * double.Parse(File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    // The processor time of a process, of its children, and of those that ended already.
    public static TimeSpan TimeOfTree(int root) => TimeSpan.FromSeconds(Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), out var process) ? process : 0)
        .Where(process => process > 0)
        .Sum(process => Ticks(process, root)) / TicksPerSecond);

    private static long Ticks(int process, int root)
    {
        try
        {
            var stat = Stat(process);
            return process == root ? Sum(stat[11..15]) : int.Parse(stat[1]) == root ? Sum(stat[11..13]) : 0;
        }
        catch (IOException)
        {
            return 0; // it ended between the listing and the look
        }
    }

    private static long Sum(string[] ticks) => ticks.Sum(long.Parse);

    // The fields after the name, which stands in parentheses and may hold spaces: state, parent, …; 11 to 14 are user, system, and both of ended children.
    private static string[] Stat(int process)
    {
        var line = File.ReadAllText($"/proc/{process}/stat");
        return line[(line.LastIndexOf(')') + 2)..].Split(' ');
    }
}
