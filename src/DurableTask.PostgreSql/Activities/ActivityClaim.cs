namespace DurableTask.PostgreSql.Activities;

internal readonly record struct ActivityKey(string InstanceId, string ExecutionId, int TaskId);

// An activity that is leased to this worker.
internal sealed record ActivityClaim(ActivityKey Key, string Name, string? Input, long Epoch, int Attempts, byte[]? Trace = null);
