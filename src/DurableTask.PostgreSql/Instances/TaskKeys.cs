namespace DurableTask.PostgreSql.Instances;

// The orchestrators that this process can run, by the keys that the store generates: "name@version"; "name@*" stands for an instance that has no version yet.
internal sealed class TaskKeys
{
    private readonly HashSet<string> known;

    public TaskKeys(DurableTaskRegistry registry)
    {
        known = new HashSet<string>(registry.Orchestrators.SelectMany(one => new[] { Key(one.Name, one.Version), Key(one.Name, "*") }), StringComparer.Ordinal);
        All = [.. known];
    }

    public string[] All { get; }

    public bool Knows(string key) => known.Contains(key);

    public bool Knows(string orchestrator, string version) => Knows(Key(orchestrator, version));

    private static string Key(string name, string version) => $"{name.ToLowerInvariant()}@{version}";
}
