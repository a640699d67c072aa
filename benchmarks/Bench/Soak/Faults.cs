using Bench.Measuring;
using Npgsql;

namespace Bench.Soak;

// In turns: one process is killed and started again, all connections of the database are cut.
internal sealed class Faults(SoakStage stage)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);

    public int Kills { get; private set; }

    public int Cut { get; private set; }

    public async Task CauseAsync(CancellationToken end)
    {
        for (var kill = true; await PauseAsync(end); kill = !kill)
        {
            if (kill)
            {
                await stage.KillAndRestartAsync(CancellationToken.None);
                Kills++;
            }
            else
            {
                Cut += await CutAsync();
            }

            Report.Say($"{Kills} kills, {Cut} connections cut");
        }
    }

    // Not by a pooled connection, which would be among the cut ones.
    private async Task<int> CutAsync()
    {
        await using var connection = new NpgsqlConnection(stage.Database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select count(pg_terminate_backend(pid))::int from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()", connection);
        return (int)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<bool> PauseAsync(CancellationToken end)
    {
        await Task.Delay(Pause, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !end.IsCancellationRequested;
    }
}
