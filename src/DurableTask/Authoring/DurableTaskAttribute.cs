namespace DurableTask;

/// <summary>Gives an orchestrator or activity a name other than its class name, and an orchestrator a version.</summary>
/// <param name="name">The name; null = the class name.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class DurableTaskAttribute(string? name = null) : Attribute
{
    /// <summary>The name; null = the class name.</summary>
    public string? Name { get; } = string.IsNullOrEmpty(name) ? null : name;

    /// <summary>Orchestrators only: numbers with dots ("2", "1.4"); empty = the oldest. Several versions of a name may be registered.</summary>
    public string Version { get; set; } = "";

    internal static (TaskName Name, TaskVersion Version) Of(Type type)
    {
        var attribute = (DurableTaskAttribute?)GetCustomAttribute(type, typeof(DurableTaskAttribute));
        return (attribute?.Name ?? type.Name, attribute?.Version);
    }
}
