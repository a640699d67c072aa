namespace DurableTask.PostgreSql.Instances;

// Where an instance stands: what its row says, as far as the next step needs it.
internal sealed record InstanceState(
    string InstanceId, string ExecutionId, string Name, string? Version, int Steps, ParentLink? Parent, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    // As JSON.
    public string? Tags { get; init; }
}

internal sealed record ParentLink(string InstanceId, string ExecutionId, int TaskId, string Name);
