using System.Globalization;

namespace DurableTask;

// Versions are compared number by number, so that "10" is newer than "9"; the empty version is the oldest.
internal sealed class VersionOrder : IComparer<string>
{
    public static readonly VersionOrder Oldest = new();

    public int Compare(string? x, string? y) => Numbers(x ?? "").AsSpan().SequenceCompareTo(Numbers(y ?? ""));

    public static bool IsVersion(string text) =>
        text.Length == 0 || text.Split('.').All(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));

    // For comparisons with what may be no version: then it is compared as text.
    public static int CompareAny(string x, string y) => IsVersion(x) && IsVersion(y) ? Oldest.Compare(x, y) : string.Compare(x, y, StringComparison.OrdinalIgnoreCase);

    private static int[] Numbers(string text) =>
        text.Length == 0 ? [] : [.. text.Split('.').Select(part => int.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture))];
}
