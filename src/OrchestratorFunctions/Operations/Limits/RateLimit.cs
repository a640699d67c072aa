using System.Globalization;
using System.Text.RegularExpressions;

namespace OrchestratorFunctions.Operations.Limits;

/// <summary>So many in such a time: <c>100/minute</c>, <c>5/second</c>, <c>1000 per hour</c>, <c>20/10 minutes</c>.</summary>
internal sealed partial record RateLimit(int Count, TimeSpan Window)
{
    /// <exception cref="FormatException">The text is not of that form.</exception>
    public static RateLimit Parse(string text) => TryParse(text) ?? throw new FormatException(Problem(text));

    /// <summary>What is wrong with <paramref name="text"/>, or null.</summary>
    public static string? Problem(string text) => TryParse(text) is null ? "is not of the form 100/minute (second, minute, hour or day; also 20/10 minutes)." : null;

    private static RateLimit? TryParse(string text)
    {
        var match = Grammar().Match(text);
        if (!match.Success || !int.TryParse(match.Groups["count"].Value, CultureInfo.InvariantCulture, out var count) || count < 1)
        {
            return null;
        }

        var multiple = match.Groups["multiple"] is { Success: true } given ? int.TryParse(given.Value, CultureInfo.InvariantCulture, out var number) ? number : 0 : 1;
        var unit = match.Groups["unit"].Value.ToUpperInvariant() switch { "SECOND" => 1, "MINUTE" => 60, "HOUR" => 3600, _ => 86_400 };
        return multiple is < 1 or > 10_000 ? null : new RateLimit(count, TimeSpan.FromSeconds((long)multiple * unit));
    }

    [GeneratedRegex(@"\A\s*(?<count>[0-9]+)\s*(/|\s(?i:per)\s)\s*((?<multiple>[0-9]+)\s*)?(?<unit>(?i:second|minute|hour|day))(?i:s)?\s*\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Grammar();
}
