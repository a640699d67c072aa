using System.Diagnostics;
using System.Globalization;
using Bench.Measuring;
using Npgsql;

namespace Bench.Soak;

// What must not grow: memory and connections of the process that lives throughout, and how long somebody waits for an answer. The second fifth of the run against the last.
internal sealed class Watch(SoakStage stage)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly List<(double Megabytes, int Connections, TimeSpan Answer)> samples = [];

    public async Task LookAsync(CancellationToken end)
    {
        using var person = stage.NextPerson();
        while (!end.IsCancellationRequested)
        {
            var seen = person.Chat.Messages.Count;
            var since = Stopwatch.StartNew();
            await person.SayAsync("/status");
            await person.WaitForAsync(chat => chat.Messages.Count > seen + 1, "an answer to /status", TimeSpan.FromMinutes(2));
            var answer = since.Elapsed;
            try
            {
                samples.Add((Megabytes(stage.Steady.Id), await ConnectionsAsync(), answer));
            }
            catch (NpgsqlException)
            {
                // The look was cut as well.
            }

            await Task.Delay(Pause, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Into(Report report, bool judge)
    {
        var (early, late) = (samples[(samples.Count / 5)..(samples.Count * 2 / 5)], samples[(samples.Count * 4 / 5)..]);
        if (early.Count == 0)
        {
            report.Note("the run was too short to compare its beginning with its end");
            return;
        }

        Compare("memory of the process that lives throughout", "MB", 1.2, sample => sample.Megabytes);
        Compare("connections to the database", "", 1.2, sample => sample.Connections);
        Compare("from /status to its answer, median", "ms", 1.5, sample => sample.Answer.TotalMilliseconds);

        void Compare(string what, string unit, double goal, Func<(double Megabytes, int Connections, TimeSpan Answer), double> value)
        {
            var (before, after) = (Median(early.Select(value)), Median(late.Select(value)));
            report.Add(new Figure(what, $"{before:0} {unit} → {after:0} {unit}", $"at most {goal} ×", judge ? after <= before * goal : null, $"{after / before:0.00} ×"));
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : 0;

    private static double Megabytes(int process) => File.ReadLines($"/proc/{process}/status").Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024).First();

    private async Task<int> ConnectionsAsync()
    {
        await using var command = stage.Database.DataSource.CreateCommand("select count(*)::int from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        return (int)(await command.ExecuteScalarAsync())!;
    }
}
