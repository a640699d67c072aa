using System.Text;

namespace DurableTask.Calls;

// The Functions host fails an instance whose custom status is above 16 KB of UTF-16, so a long one is cut well before.
internal static class CustomStatus
{
    public const int MaxBytes = 8 * 1024;

    public static string? Write(object? status)
    {
        var json = DurableJson.Write(status);
        if (json is null || Encoding.UTF8.GetByteCount(json) <= MaxBytes)
        {
            return json;
        }

        // Cut JSON is no JSON: what is left becomes the text of a string. Escaping may grow it again, so cut until it fits.
        var text = status as string ?? json;
        for (var length = Math.Min(text.Length, MaxBytes - 16); ; length -= Math.Max(1, length / 8))
        {
            var end = char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;
            var cut = DurableJson.Write(text[..end] + "…")!;
            if (Encoding.UTF8.GetByteCount(cut) <= MaxBytes)
            {
                return cut;
            }
        }
    }
}
