namespace DurableTask;

/// <summary>The version of an orchestrator: numbers with dots ("2", "1.4"). Converts from a string.</summary>
public readonly record struct TaskVersion
{
    private readonly string? version;

    /// <summary>Makes a version of its text.</summary>
    /// <param name="version">The text; null or empty = the one without a version.</param>
    public TaskVersion(string? version) => this.version = string.IsNullOrEmpty(version) ? null : version;

    /// <summary>The text; empty = the one without a version.</summary>
    public string Version => version ?? "";

    /// <summary>The one without a version.</summary>
    public static TaskVersion Unversioned => default;

    /// <summary>Makes a version of its text.</summary>
    /// <param name="version">The text; null or empty = the one without a version.</param>
    public static implicit operator TaskVersion(string? version) => new(version);

    /// <summary>The text of a version.</summary>
    /// <param name="version">The version.</param>
    public static implicit operator string(TaskVersion version) => version.Version;

    /// <summary>Returns the text.</summary>
    public override string ToString() => Version;
}
