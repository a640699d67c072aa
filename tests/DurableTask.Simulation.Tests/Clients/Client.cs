using DurableTask.PostgreSql.Client;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;
using DurableTask.PostgreSql.Instances;
using DurableTask.Simulation.Tests.Clockwork;
using DurableTask.Simulation.Tests.Hub;
using DurableTask.Simulation.Tests.Workflows;
using DurableTask.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DurableTask.Simulation.Tests.Clients;

internal enum Answer
{
    Done,
    NotFound,
    Finished,

    // It may have been done, or not.
    Unknown,
}

// A client of the hub, in the processes of the workers or in one without; it says and sends what PostgresDurableTaskClient does.
internal sealed class Client(World world, Process process)
{
    private readonly Chance chance = world.Machine.Seed.For(process.Name + " client");
    private readonly SimulatedDatabase database = new(world, process);
    private readonly bool isInWorkers = !world.Machine.Seed.For(process.Name + " place").OneIn(3);

    public Task<Answer> StartAsync(string instanceId, Begin begin)
    {
        var now = process.Clock.GetUtcNow();
        var generation = world.NewId();
        var json = DurableJson.Write(begin);
        var started = InstanceStart.Event(Interpreter.Name, json, instanceId, generation, null, now, null);
        return Worker() is { } worker
            ? InAsync(worker, engine => engine.StartAsync(new InstanceState(instanceId, generation, Interpreter.Name, "", 0, null, now, now), started))
            : OverAsync(
                batch => batch.Named(ClientSql.StartInstance).Parameters
                    .Text(instanceId).Text(generation).Text(Interpreter.Name).Text("").Text(json).Time(now).Time(now).Bytes(started.ToByteArray()).Text(null),
                _ => Task.FromResult(Answer.Done));
    }

    public Task<Answer> RaiseAsync(string instanceId, string name, int payload) =>
        SendAsync(instanceId, one => one.EventRaised = new EventRaisedEvent { Name = name, Input = DurableJson.Write(payload) });

    public Task<Answer> SuspendAsync(string instanceId) => SendAsync(instanceId, one => one.ExecutionSuspended = new ExecutionSuspendedEvent());

    public Task<Answer> ResumeAsync(string instanceId) => SendAsync(instanceId, one => one.ExecutionResumed = new ExecutionResumedEvent());

    public Task<Answer> TerminateAsync(string instanceId) =>
        SendAsync(instanceId, one => one.ExecutionTerminated = new ExecutionTerminatedEvent { Input = "\"as planned\"", Recurse = true });

    private Task<Answer> SendAsync(string instanceId, Action<HistoryEvent> fill)
    {
        var now = process.Clock.GetUtcNow();
        var message = new HistoryEvent { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(now) };
        fill(message);
        return Worker() is { } worker
            ? InAsync(worker, engine => engine.TellAsync(instanceId, message))
            : OverAsync(
                batch => batch.Named(ClientSql.RaiseEvent).Parameters.Text(instanceId).Bytes(message.ToByteArray()).Time(now),
                async reader => !await reader.ReadAsync() ? Answer.NotFound : reader.GetBoolean(1) ? Answer.Finished : Answer.Done);
    }

    private SimulatedWorker? Worker()
    {
        SimulatedWorker[] able = [.. world.Workers.Where(worker => worker.TakesMail)];
        // Now and then by way of the inbox all the same, as from another process: what is told first must be heard first.
        return isInWorkers && able.Length > 0 && !chance.OneIn(4) ? chance.Of(able) : null;
    }

    private static Task<Answer> InAsync(SimulatedWorker worker, Func<TaskHubEngine, Task> ask)
    {
        var answer = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        worker.Process.WhenDead(() => answer.TrySetResult(Answer.Unknown));
        worker.Process.Begin(async () =>
        {
            try
            {
                await ask(worker.Engine);
                answer.TrySetResult(Answer.Done);
            }
            catch (OrchestrationNotFoundException)
            {
                answer.TrySetResult(Answer.NotFound);
            }
            catch (OrchestrationFinishedException)
            {
                answer.TrySetResult(Answer.Finished);
            }
            catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
            {
                answer.TrySetResult(Answer.Unknown);
            }
        });
        return answer.Task;
    }

    private async Task<Answer> OverAsync(Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, Task<Answer>> read)
    {
        try
        {
            return await database.RunAsync(
                batch =>
                {
                    fill(batch);
                    batch.Named(Wakeups.Notify);
                },
                read);
        }
        catch (NpgsqlException)
        {
            return Answer.Unknown;
        }
    }
}
