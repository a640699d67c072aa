using System.Globalization;

namespace DurableTask;

// Versions are compared number by number, so that "10" is newer than "9"; the empty version is the oldest.
internal sealed class VersionOrder : IComparer<string>
{
    public static readonly VersionOrder Oldest = new();

    public int Compare(string? x, string? y) => Numbers(x ?? "").AsSpan().SequenceCompareTo(Numbers(y ?? ""));

    public static bool IsVersion(string text) =>
        text.Length == 0 || text.Split('.').All(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private static int[] Numbers(string text) =>
        text.Length == 0 ? [] : [.. text.Split('.').Select(part => int.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture))];
}
