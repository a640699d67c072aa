using System.Diagnostics;
using DurableTask;

namespace Bench.Engine;

// A client that starts approvals, decides them when asked, waits for the end and checks the result.
internal sealed class Person(DurableTaskClient client, Announcements? announcements)
{
    // Without announcements (the activity may run in another process) the decision comes at once.
    public async Task<TimeSpan> ApproveOneAsync(string title, TimeSpan thinking, CancellationToken cancellation)
    {
        var asked = announcements?.Of(title) ?? Task.CompletedTask;
        var id = await client.ScheduleNewOrchestrationInstanceAsync(nameof(Approval), title, new StartOrchestrationOptions(title), cancellation);
        await asked.WaitAsync(cancellation);
        if (thinking > TimeSpan.Zero)
        {
            await Task.Delay(thinking, cancellation);
        }

        return await DecideAsync(client, id, cancellation);
    }

    // From the event to the known, checked end.
    public static async Task<TimeSpan> DecideAsync(DurableTaskClient client, string id, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        await client.RaiseEventAsync(id, "approved", "Ada", cancellation);
        var end = await client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, cancellation);
        var took = Stopwatch.GetElapsedTime(began);
        return end.ReadOutputAs<string>() == $"{id}: approved by Ada, published"
            ? took
            : throw new InvalidOperationException($"A wrong result: {id} is {end.RuntimeStatus} with {end.SerializedOutput} {end.FailureDetails}");
    }
}
