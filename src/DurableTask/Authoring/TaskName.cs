namespace DurableTask;

/// <summary>The name of an orchestrator or activity. Converts from a string, so that <c>nameof(DraftVision)</c> can be passed.</summary>
/// <param name="Name">The registered name; compared without regard to case. Empty is not a valid task.</param>
public readonly record struct TaskName(string Name)
{
    /// <summary>Makes a task name of its text.</summary>
    /// <param name="name">The registered name.</param>
    public static implicit operator TaskName(string name) => new(name);

    /// <summary>The text of a task name.</summary>
    /// <param name="name">The task name.</param>
    public static implicit operator string(TaskName name) => name.Name ?? "";

    /// <summary>Whether both are the same name, without regard to case.</summary>
    /// <param name="other">The other name.</param>
    public bool Equals(TaskName other) => string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc />
    public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Name ?? "");

    /// <summary>Returns the name.</summary>
    public override string ToString() => Name ?? "";
}
