using Microsoft.Extensions.DependencyInjection;

namespace DurableTask;

/// <summary>Gives an orchestrator or activity a name other than its class name, and an orchestrator a version.</summary>
/// <param name="name">The name; null = the class name.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class DurableTaskAttribute(string? name = null) : Attribute
{
    /// <summary>The name; null = the class name.</summary>
    public string? Name { get; } = name;

    /// <summary>Orchestrators only: numbers with dots ("2", "1.4"); empty = the oldest. Several versions of a name may be registered.</summary>
    public string Version { get; set; } = "";
}

/// <summary>The orchestrators and activities a process can run. Filled at start, then only read.</summary>
public sealed class DurableTaskRegistry
{
    private readonly Dictionary<string, SortedList<string, Type>> orchestrators = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Type> activities = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The orchestrators, each name with its versions, oldest first.</summary>
    public IEnumerable<(string Name, string Version)> Orchestrators =>
        orchestrators.SelectMany(entry => entry.Value.Keys.Select(version => (entry.Key, version)));

    /// <summary>The names of the activities.</summary>
    public IEnumerable<string> Activities => activities.Keys;

    /// <summary>Adds an orchestrator under its class name, or name and version of its <see cref="DurableTaskAttribute"/>.</summary>
    /// <typeparam name="T">The class; created from the container for each execution.</typeparam>
    /// <exception cref="InvalidOperationException">The name is taken in that version, or the version is not made of numbers and dots.</exception>
    public DurableTaskRegistry AddOrchestrator<T>() where T : class, ITaskOrchestrator
    {
        var (name, version) = Naming(typeof(T));
        if (!VersionOrder.IsVersion(version))
        {
            throw new InvalidOperationException($"'{version}' of '{name}' is not a version: numbers with dots are, such as \"2\" or \"1.4\".");
        }

        if (!orchestrators.TryGetValue(name, out var versions))
        {
            orchestrators[name] = versions = new SortedList<string, Type>(VersionOrder.Oldest);
        }

        if (!versions.TryAdd(version, typeof(T)))
        {
            throw new InvalidOperationException($"An orchestrator named '{name}' is already registered in version '{version}'.");
        }

        return this;
    }

    /// <summary>Adds an activity under its class name, or the name of its <see cref="DurableTaskAttribute"/>.</summary>
    /// <typeparam name="T">The class; created from the container for each run.</typeparam>
    /// <exception cref="InvalidOperationException">The name is taken, or a version is given.</exception>
    public DurableTaskRegistry AddActivity<T>() where T : class, ITaskActivity
    {
        var (name, version) = Naming(typeof(T));
        if (version.Length > 0)
        {
            throw new InvalidOperationException($"The activity '{name}' has a version; only orchestrators have.");
        }

        if (!activities.TryAdd(name, typeof(T)))
        {
            throw new InvalidOperationException($"An activity named '{name}' is already registered.");
        }

        return this;
    }

    /// <summary>The newest version of an orchestrator, or null when the name is unknown.</summary>
    /// <param name="name">The orchestrator's name.</param>
    public string? NewestVersion(string name) => orchestrators.TryGetValue(name, out var versions) ? versions.Keys[^1] : null;

    internal ITaskOrchestrator? CreateOrchestrator(string name, string version, IServiceProvider services) =>
        orchestrators.TryGetValue(name, out var versions) && versions.TryGetValue(version, out var type)
            ? (ITaskOrchestrator)ActivatorUtilities.GetServiceOrCreateInstance(services, type)
            : null;

    internal ITaskActivity? CreateActivity(string name, IServiceProvider services) =>
        activities.TryGetValue(name, out var type) ? (ITaskActivity)ActivatorUtilities.GetServiceOrCreateInstance(services, type) : null;

    private static (string Name, string Version) Naming(Type type)
    {
        var attribute = (DurableTaskAttribute?)Attribute.GetCustomAttribute(type, typeof(DurableTaskAttribute));
        return (attribute?.Name ?? type.Name, attribute?.Version ?? "");
    }
}
