using System.Globalization;

namespace TestKit.Scar;

/// <summary>What SCAR's process holds and loses when it dies.</summary>
internal sealed class ScarMemory
{
    private readonly Dictionary<string, List<(string Text, string At)>> lists = new(StringComparer.Ordinal);

    public ScarQueue Queue { get; } = new(10);

    public bool Batch { get; set; }

    public void Add(string id, string text)
    {
        lock (lists)
        {
            if (!lists.TryGetValue(id, out var list))
            {
                lists[id] = list = [];
            }

            list.Add((text, TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)));
        }
    }

    public object[] List(string id)
    {
        lock (lists)
        {
            return [.. lists.GetValueOrDefault(id, []).Select(item => new { conversationId = id, message = item.Text, timestamp = item.At, direction = "sent" })];
        }
    }

    public IReadOnlyList<string> Texts(string id)
    {
        lock (lists)
        {
            return [.. lists.GetValueOrDefault(id, []).Select(item => item.Text)];
        }
    }

    public void Clear(string? id = null)
    {
        lock (lists)
        {
            if (id is null)
            {
                lists.Clear();
            }
            else
            {
                lists.Remove(id);
            }
        }
    }
}
