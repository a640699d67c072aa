using Microsoft.Extensions.DependencyInjection;

namespace DurableTask;

/// <summary>
/// The orchestrators and activities a process can run. Filled at start, then only read. A class is created from the container for each execution, its name and version are those of its
/// <see cref="DurableTaskAttribute"/>, else its class name; an object that is added serves all executions, so it keeps no state.
/// </summary>
public sealed partial class DurableTaskRegistry
{
    private readonly Dictionary<string, SortedList<string, Func<IServiceProvider, ITaskOrchestrator>>> orchestrators = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Func<IServiceProvider, ITaskActivity>> activities = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The orchestrators, each name with its versions, oldest first.</summary>
    public IEnumerable<(string Name, string Version)> Orchestrators =>
        orchestrators.SelectMany(entry => entry.Value.Keys.Select(version => (entry.Key, version)));

    /// <summary>The names of the activities.</summary>
    public IEnumerable<string> Activities => activities.Keys;

    /// <summary>Adds an orchestrator class.</summary>
    /// <typeparam name="T">The class.</typeparam>
    /// <exception cref="ArgumentException">The name is taken in that version, or the version is not made of numbers and dots.</exception>
    public DurableTaskRegistry AddOrchestrator<T>() where T : class, ITaskOrchestrator => AddOrchestrator(typeof(T));

    /// <summary>Adds an orchestrator class under a name.</summary>
    /// <param name="name">The name.</param>
    /// <typeparam name="T">The class.</typeparam>
    /// <exception cref="ArgumentException">The name is taken in that version, or the version is not made of numbers and dots.</exception>
    public DurableTaskRegistry AddOrchestrator<T>(TaskName name) where T : class, ITaskOrchestrator => AddOrchestrator(name, typeof(T));

    /// <summary>Adds an orchestrator class.</summary>
    /// <param name="type">The class; implements <see cref="ITaskOrchestrator"/>.</param>
    /// <exception cref="ArgumentException">It is no such class, the name is taken in that version, or the version is not made of numbers and dots.</exception>
    public DurableTaskRegistry AddOrchestrator(Type type) => AddOrchestrator(DurableTaskAttribute.Of(type).Name, type);

    /// <summary>Adds an orchestrator class under a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">The class; implements <see cref="ITaskOrchestrator"/>.</param>
    /// <exception cref="ArgumentException">It is no such class, the name is taken in that version, or the version is not made of numbers and dots.</exception>
    public DurableTaskRegistry AddOrchestrator(TaskName name, Type type) =>
        Add(name, DurableTaskAttribute.Of(Concrete<ITaskOrchestrator>(type)).Version, services => (ITaskOrchestrator)ActivatorUtilities.GetServiceOrCreateInstance(services, type));

    /// <summary>Adds an orchestrator object.</summary>
    /// <param name="orchestrator">The object.</param>
    /// <exception cref="ArgumentException">The name is taken in that version, or the version is not made of numbers and dots.</exception>
    public DurableTaskRegistry AddOrchestrator(ITaskOrchestrator orchestrator) => AddOrchestrator(DurableTaskAttribute.Of(orchestrator.GetType()).Name, orchestrator);

    /// <summary>Adds an orchestrator object under a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="orchestrator">The object.</param>
    /// <exception cref="ArgumentException">The name is taken in that version, or the version is not made of numbers and dots.</exception>
    public DurableTaskRegistry AddOrchestrator(TaskName name, ITaskOrchestrator orchestrator) => Add(name, DurableTaskAttribute.Of(orchestrator.GetType()).Version, _ => orchestrator);

    /// <summary>Adds what makes an orchestrator, under a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="factory">Makes one for each execution.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public DurableTaskRegistry AddOrchestrator(TaskName name, Func<ITaskOrchestrator> factory) => AddOrchestrator(name, TaskVersion.Unversioned, factory);

    /// <summary>Adds what makes an orchestrator, under a name and a version.</summary>
    /// <param name="name">The name.</param>
    /// <param name="version">Numbers with dots, or none.</param>
    /// <param name="factory">Makes one for each execution.</param>
    /// <exception cref="ArgumentException">The name is taken in that version, or the version is not made of numbers and dots.</exception>
    public DurableTaskRegistry AddOrchestrator(TaskName name, TaskVersion version, Func<ITaskOrchestrator> factory) => Add(name, version, _ => factory());

    /// <summary>Adds an activity class.</summary>
    /// <typeparam name="T">The class.</typeparam>
    /// <exception cref="ArgumentException">The name is taken, or a version is given.</exception>
    public DurableTaskRegistry AddActivity<T>() where T : class, ITaskActivity => AddActivity(typeof(T));

    /// <summary>Adds an activity class under a name.</summary>
    /// <param name="name">The name.</param>
    /// <typeparam name="T">The class.</typeparam>
    /// <exception cref="ArgumentException">The name is taken, or a version is given.</exception>
    public DurableTaskRegistry AddActivity<T>(TaskName name) where T : class, ITaskActivity => AddActivity(name, typeof(T));

    /// <summary>Adds an activity class.</summary>
    /// <param name="type">The class; implements <see cref="ITaskActivity"/>.</param>
    /// <exception cref="ArgumentException">It is no such class, the name is taken, or a version is given.</exception>
    public DurableTaskRegistry AddActivity(Type type) => AddActivity(DurableTaskAttribute.Of(type).Name, type);

    /// <summary>Adds an activity class under a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">The class; implements <see cref="ITaskActivity"/>.</param>
    /// <exception cref="ArgumentException">It is no such class, the name is taken, or a version is given.</exception>
    public DurableTaskRegistry AddActivity(TaskName name, Type type) =>
        Add(name, DurableTaskAttribute.Of(Concrete<ITaskActivity>(type)).Version, services => (ITaskActivity)ActivatorUtilities.GetServiceOrCreateInstance(services, type));

    /// <summary>Adds an activity object.</summary>
    /// <param name="activity">The object.</param>
    /// <exception cref="ArgumentException">The name is taken, or a version is given.</exception>
    public DurableTaskRegistry AddActivity(ITaskActivity activity) => AddActivity(DurableTaskAttribute.Of(activity.GetType()).Name, activity);

    /// <summary>Adds an activity object under a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="activity">The object.</param>
    /// <exception cref="ArgumentException">The name is taken, or a version is given.</exception>
    public DurableTaskRegistry AddActivity(TaskName name, ITaskActivity activity) => Add(name, DurableTaskAttribute.Of(activity.GetType()).Version, _ => activity);

    /// <summary>The newest version of an orchestrator, or null when the name is unknown.</summary>
    /// <param name="name">The orchestrator's name.</param>
    public string? NewestVersion(string name) => orchestrators.TryGetValue(name, out var versions) ? versions.Keys[^1] : null;

    internal ITaskOrchestrator? CreateOrchestrator(string name, string version, IServiceProvider services) =>
        orchestrators.TryGetValue(name, out var versions) && versions.TryGetValue(version, out var make) ? make(services) : null;

    internal ITaskActivity? CreateActivity(string name, IServiceProvider services) => activities.TryGetValue(name, out var make) ? make(services) : null;

    private DurableTaskRegistry Add(TaskName name, TaskVersion version, Func<IServiceProvider, ITaskOrchestrator> make)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name.Name, nameof(name));
        if (!VersionOrder.IsVersion(version))
        {
            throw new ArgumentException($"'{version}' of '{name}' is not a version: numbers with dots are, such as \"2\" or \"1.4\".", nameof(version));
        }

        if (!orchestrators.TryGetValue(name, out var versions))
        {
            orchestrators[name] = versions = new SortedList<string, Func<IServiceProvider, ITaskOrchestrator>>(VersionOrder.Oldest);
        }

        return versions.TryAdd(version, make) ? this : throw new ArgumentException($"An orchestrator named '{name}' is already registered in version '{version}'.", nameof(name));
    }

    private DurableTaskRegistry Add(TaskName name, TaskVersion version, Func<IServiceProvider, ITaskActivity> make)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name.Name, nameof(name));
        if (version != TaskVersion.Unversioned)
        {
            throw new ArgumentException($"The activity '{name}' has a version; only orchestrators have.", nameof(version));
        }

        return activities.TryAdd(name, make) ? this : throw new ArgumentException($"An activity named '{name}' is already registered.", nameof(name));
    }

    private static Type Concrete<T>(Type type) => type.IsAssignableTo(typeof(T)) && type is { IsAbstract: false, ContainsGenericParameters: false }
        ? type
        : throw new ArgumentException($"{type} is no class that implements {typeof(T).Name}.", nameof(type));
}
