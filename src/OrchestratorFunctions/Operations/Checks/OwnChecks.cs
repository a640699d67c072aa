using Npgsql;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations.Telemetry;

namespace OrchestratorFunctions.Operations.Checks;

/// <summary>Whether the database answers, takes writes, and has the schema of this version.</summary>
internal sealed class DatabaseCheck(Schema schema, GaugeStore gauges) : ICheck
{
    public const string CheckName = "database";

    /// <summary>The fault of a database that answers and was not migrated.</summary>
    public const string Behind = "schema is behind: run migrate up";

    /// <summary>The fault of one that can be read, and keeps nothing of what is said.</summary>
    public const string NoRoom = "no room on the disk of the database";

    /// <summary>The fault of a standby.</summary>
    public const string ReadOnly = "the database takes no writes";

    public string Name => CheckName;

    public TimeSpan Limit => TimeSpan.FromSeconds(3);

    public TimeSpan GoodFor => TimeSpan.FromSeconds(1);

    public bool IsVital => true;

    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await gauges.TakesWritesAsync(cancellationToken))
            {
                return ReadOnly;
            }
        }
        catch (PostgresException full) when (full.SqlState == PostgresErrorCodes.DiskFull)
        {
            return NoRoom;
        }
        catch (PostgresException limit) when (limit.SqlState == PostgresErrorCodes.ConfigurationLimitExceeded)
        {
            // Somebody allows no such files here: then it is not known.
        }

        return await schema.IsCurrentAsync(cancellationToken) ? null : Behind;
    }
}

/// <summary>Whether what was accepted is handled, what was said is sent, and nothing had to be set aside.</summary>
internal sealed class QueueCheck(GaugeStore gauges) : ICheck
{
    private const double LongestLag = 120;

    public string Name => "queues";

    public TimeSpan Limit => TimeSpan.FromSeconds(3);

    public TimeSpan GoodFor => TimeSpan.FromSeconds(5);

    public bool IsVital => false;

    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        var now = await gauges.ReadAsync(cancellationToken);
        string[] faults =
        [
            .. now.InboxLag > LongestLag ? [$"a message has been waiting for {now.InboxLag:0} s"] : Array.Empty<string>(),
            .. now.OutboxLag > LongestLag ? [$"an answer has been waiting for {now.OutboxLag:0} s"] : Array.Empty<string>(),
            .. now.TimerLag > LongestLag ? [$"a timer is {now.TimerLag:0} s late"] : Array.Empty<string>(),
            .. now.InboxParked + now.OutboxParked + now.DurableParked > 0 ? [$"{now.InboxParked + now.OutboxParked + now.DurableParked} were set aside"] : Array.Empty<string>(),
        ];
        return faults.Length == 0 ? null : string.Join("; ", faults);
    }
}

/// <summary>Whether the language model answers and takes our key.</summary>
internal sealed class ModelCheck(ModelHealth model) : ICheck
{
    public string Name => "ai_service";

    public TimeSpan Limit => TimeSpan.FromSeconds(6);

    // It remembers by itself.
    public TimeSpan GoodFor => TimeSpan.Zero;

    public bool IsVital => false;

    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken) => await model.CheckAsync(cancellationToken) == ModelHealthStatus.Degraded ? "unreachable" : null;
}
