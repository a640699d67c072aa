using Bench.Measuring;
using DurableTask.PostgreSql;
using TestKit.PostgreSql;

namespace Bench.Engine;

// What a measure works with: how much is measured, a database of its own, and where the figures go.
internal sealed record Stage(string DatabaseUrl, double Scale, Report Report, bool HasPeers)
{
    // Figures of a smaller run say that everything works, not how fast it is.
    public bool IsWhole => Scale >= 1;

    // A run only to see that everything works: once instead of twice, and with few in flight.
    private bool IsMini => Scale < 0.01;

    public int Runs => IsMini ? 1 : 2;

    // Before everything that counts, for us and for the peers: code that is compiled while it runs, of one process or of two, has settled by then.
    public TimeSpan WarmUp => Time(10);

    public int InFlight(int whole) => IsMini ? 4 : whole;

    public TimeSpan Time(double seconds) => TimeSpan.FromSeconds(Math.Max(0.2, seconds * Scale));

    public int Count(int whole) => Math.Max(10, (int)(whole * Scale));

    public bool? Judge(bool met) => IsWhole ? met : null;

    public async Task<TestDatabase> DatabaseAsync()
    {
        var database = await TestDatabase.CreateOnAsync(DatabaseUrl);
        await new SchemaMigrator(database.ConnectionString, typeof(SchemaMigrator).Assembly).UpAsync();
        return database;
    }
}
