using DurableTask;

namespace OrchestratorFunctions.Operations;

/// <summary>A nudge as it travels in a queue. It carries ids, never words.</summary>
/// <param name="Wakeup">For an orchestration.</param>
/// <param name="Say">For an address at which there may be something to say.</param>
/// <param name="Hear">For a queue of GitHub's deliveries in which there may be something to handle.</param>
internal sealed record QueuedWakeup(Wakeup? Wakeup = null, string? Say = null, string? Hear = null)
{
    public string ToJson() => DurableJson.Write(this)!;

    /// <exception cref="FormatException">The text is no such message.</exception>
    public static QueuedWakeup Read(string json)
    {
        try
        {
            return DurableJson.Read<QueuedWakeup>(json) is { } read && (read.Say ?? read.Hear ?? read.Wakeup?.InstanceId) is { Length: > 0 } ? read : throw new FormatException("The message is no nudge.");
        }
        catch (System.Text.Json.JsonException fault)
        {
            throw new FormatException("The message is no nudge.", fault);
        }
    }
}
