using System.Collections.Concurrent;

namespace DurableTask;

// Exception types by the name that history keeps. What this process does not have, or not yet, is no type here; it still has its name.
internal static class ExceptionTypes
{
    private static readonly ConcurrentDictionary<string, Type> Found = new(StringComparer.Ordinal);

    public static Type? Find(string name)
    {
        if (Found.TryGetValue(name, out var known))
        {
            return known;
        }

        var type = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetType(name, throwOnError: false)).FirstOrDefault(one => one is not null);
        return type is null ? null : Found.GetOrAdd(name, type);
    }
}
