using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Logs;

namespace OrchestratorFunctions.Audit.Trail;

/// <summary>
/// Writes committed entries as lines, in the runbook's shape, each by one of the processes. At least once: a crash between writing and
/// noting it repeats lines, and the database stays the truth.
/// </summary>
internal sealed class AuditExport(NpgsqlDataSource dataSource, AuditTrailStore store, IOptions<AuditOptions> options, IConfiguration configuration, ILogger<AuditExport> logger) : ISweep, IDisposable
{
    private const int Batch = 500;
    private readonly LineFile? file = options.Value.Target == AuditTarget.File && Logging.Folder(configuration) is { } folder ? new LineFile(Path.Combine(folder, "audit.log")) : null;
    private bool complained;

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        while (await ExportAsync(cancellationToken) == Batch)
        {
            // There may be more.
        }
    }

    public void Dispose() => file?.Dispose();

    private async Task<int> ExportAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var entries = await store.TakeUnexportedAsync(connection, Batch, cancellationToken);
        if (entries.Count > 0 && !Write(string.Concat(entries.Select(entry => entry.ToJsonLine() + "\n"))))
        {
            // Rolled back: they wait until the disk has room again, or for the process that has the file.
            return 0;
        }

        await transaction.CommitAsync(cancellationToken);
        return entries.Count;
    }

    private bool Write(string lines)
    {
        if (options.Value.Target == AuditTarget.Stdout)
        {
            Console.Out.Write(lines);
            return true;
        }

        if (file is null || file.Append(lines))
        {
            complained = false;
            return true;
        }

        if (!complained)
        {
            complained = true;
            logger.LogWarning("audit.log cannot be written (another process may have it, or the disk is full); the entries wait in the database");
        }

        return false;
    }
}
