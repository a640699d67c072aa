using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;

namespace OrchestratorFunctions.Operations.Limits;

/// <summary>
/// Brings refused requests into the audit trail: for each client, channel and status at most one entry in five seconds, with a count, so that a
/// flood of requests does not become a flood of rows.
/// </summary>
internal sealed class RefusalTrail(NpgsqlDataSource dataSource, AuditLog audit, TimeProvider time) : ISweep
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Of an attack from more addresses than this, the rest is counted together.
    private const int MostClients = 100;
    private readonly Lock one = new();
    private Dictionary<(string Channel, string Client, int Status), int> counted = [];
    private long? lastAt;

    public void Refused(string channel, string client, int status)
    {
        lock (one)
        {
            var key = counted.Count < MostClients || counted.ContainsKey((channel, client, status)) ? (channel, client, status) : (channel, "others", status);
            counted[key] = counted.GetValueOrDefault(key) + 1;
        }
    }

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        Dictionary<(string Channel, string Client, int Status), int> refused;
        lock (one)
        {
            if (counted.Count == 0 || (lastAt is { } last && time.GetElapsedTime(last) < Interval))
            {
                return;
            }

            (refused, counted) = (counted, []);
            lastAt = time.GetTimestamp();
        }

        await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                foreach (var ((channel, client, status), count) in refused)
                {
                    var action = status == StatusCodes.Status429TooManyRequests ? "rate_limited" : "webhook_refused";
                    await audit.AppendAsync(
                        connection, new AuditEntry(action, AuditEntry.Anonymous, null, new { channel, status, reason = Refusals.Reason(channel, status), count }, AuditEntry.Failed) { IpAddress = client }, token);
                }
            },
            cancellationToken);
    }
}
