using DurableTask.Wire;
using Google.Protobuf.WellKnownTypes;

namespace FunctionsHost.Hub;

// One instance as the extension keeps it: its state, the history of its present execution, and the messages that wait for its next episode.
internal sealed class HubInstance(string id, string name, DateTimeOffset created)
{
    public string Id { get; } = id;

    public string Name { get; } = name;

    public DateTimeOffset Created { get; } = created;

    public DateTimeOffset Updated { get; set; } = created;

    public OrchestrationStatus Status { get; set; } = OrchestrationStatus.Pending;

    public string ExecutionId { get; set; } = Guid.NewGuid().ToString();

    public string? Version { get; set; }

    public string? Input { get; set; }

    public string? Output { get; set; }

    public string? CustomStatus { get; set; }

    public ParentInstanceInfo? Parent { get; init; }

    public List<HistoryEvent> History { get; } = [];

    public List<HistoryEvent> Inbox { get; } = [];

    public bool IsInEpisode { get; set; }

    public DateTimeOffset NotBefore { get; set; }

    public bool IsFinished => Status is OrchestrationStatus.Completed or OrchestrationStatus.Failed or OrchestrationStatus.Terminated or OrchestrationStatus.Canceled;

    // As the Azure Storage provider tells it: no failure details and no parent, only texts.
    public OrchestrationState State(bool withInputsAndOutputs)
    {
        var state = new OrchestrationState
        {
            InstanceId = Id, Name = Name, Version = Version, OrchestrationStatus = Status, CreatedTimestamp = Timestamp.FromDateTimeOffset(Created), LastUpdatedTimestamp = Timestamp.FromDateTimeOffset(Updated),
        };
        if (withInputsAndOutputs)
        {
            (state.Input, state.Output, state.CustomStatus) = (Input, Output, CustomStatus);
        }

        return state;
    }
}
