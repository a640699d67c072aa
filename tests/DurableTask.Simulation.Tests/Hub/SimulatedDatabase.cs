using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Instances;
using DurableTask.Simulation.Tests.Clockwork;
using Npgsql;

namespace DurableTask.Simulation.Tests.Hub;

// The engine's way to the database, through the machine: a batch is under way for a while, is executed at once, and its answer is under way for a while.
internal sealed class SimulatedDatabase(World world, Process process, SimulatedWorker? worker = null) : HubDatabase(world.Server.Source)
{
    // Far more than any seed has of anything.
    private const int MostRows = 500;

    private readonly Chance chance = world.Machine.Seed.For(process.Name + " network");

    public static string EngineSettings => Settings;

    public override Task<T> RunAsync<T>(Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellation = default)
    {
        world.Machine.Check();
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (process.IsDead)
        {
            return answer.Task;
        }

        var batch = new NpgsqlBatch();
        fill(batch);
        var names = Statement.NamesOf(batch);
        SteadyOrder.Apply(batch);
        world.Mutation?.Apply(batch);
        var fault = world.Faults.Next(names, worker is not null);
        if (fault is not null)
        {
            world.Machine.Note($"{process.Name} FAULT {fault} at {string.Join(' ', names)}");
        }

        switch (fault)
        {
            case Fault.CrashBefore:
                process.Die();
                return answer.Task;
            case Fault.Pause:
                process.Pause(world.Faults.Micros());
                break;
            case Fault.Stop:
                world.Machine.After(0, process, worker!.Stop);
                break;
        }

        world.Machine.After(fault is Fault.Late ? world.Faults.Micros() : Latency(), null, () => Arrive(batch, names, fault, read, answer));
        return answer.Task;
    }

    private void Arrive<T>(NpgsqlBatch batch, string[] names, Fault? fault, Func<NpgsqlDataReader, Task<T>> read, TaskCompletionSource<T> answer)
    {
        // What a process had sent when it died may have arrived, or not.
        if (process.IsDead && chance.OneIn(2))
        {
            return;
        }

        var (result, trouble) = fault switch
        {
            Fault.CutBefore => (default, new NpgsqlException("the connection was lost")),
            Fault.Refused => (default, new PostgresException("terminating connection due to administrator command", "FATAL", "FATAL", "57P01")),
            _ => Execute(batch, names, read),
        };
        switch (fault)
        {
            case Fault.CrashAfter:
                process.Die();
                return;
            case Fault.CutAfter:
                trouble = new NpgsqlException("the connection was lost");
                break;
        }

        world.Machine.After(fault is Fault.LateAnswer ? world.Faults.Micros() : Latency(), process, () =>
        {
            if (trouble is not null)
            {
                answer.SetException(trouble);
            }
            else
            {
                answer.SetResult(result!);
            }
        });
    }

    private (T? Answer, NpgsqlException? Trouble) Execute<T>(NpgsqlBatch batch, string[] names, Func<NpgsqlDataReader, Task<T>> read)
    {
        // Mail that breeds: it would double until the server is busy with it for minutes.
        if (batch.BatchCommands.Cast<NpgsqlBatchCommand>().Any(command => command.Parameters.Cast<NpgsqlParameter>().Any(parameter => parameter.Value is Array { Length: > MostRows } and not byte[])))
        {
            world.Machine.Violate($"more than {MostRows} rows in {string.Join(' ', names)}");
        }

        try
        {
            var answer = world.Server.Run(batch, read);
            world.Machine.Note($"{process.Name} {string.Join(' ', names)}");
            world.Executed(names);
            return (answer, null);
        }
        catch (PostgresException refused)
        {
            world.Machine.Note($"{process.Name} {string.Join(' ', names)}: {refused.SqlState} {refused.MessageText}");
            if (refused.SqlState != StepCommit.LeaseLost)
            {
                world.Machine.Violate($"the server refused {string.Join(' ', names)}: {refused.MessageText}");
            }

            return (default, refused);
        }
    }

    private long Latency() => world.Slowness * (chance.OneIn(30) ? chance.Between(2_000, 120_000) : chance.Between(100, 1_500));
}
