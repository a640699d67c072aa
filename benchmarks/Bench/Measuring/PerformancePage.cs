namespace Bench.Measuring;

// docs/performance.md: its prose is written by hand, the figures between the marks of a verb by the verb's whole run.
internal static class PerformancePage
{
    public static readonly string File = Path.Combine("docs", "performance.md");

    public static async Task WriteAsync(string verb, string figures) =>
        await System.IO.File.WriteAllTextAsync(File, Replace(await System.IO.File.ReadAllTextAsync(File), verb, figures));

    // The text between "<!-- VERB -->" and "<!-- /VERB -->" becomes the figures.
    public static string Replace(string page, string verb, string figures)
    {
        var (begin, end) = ($"<!-- {verb} -->\n", $"<!-- /{verb} -->");
        var from = page.IndexOf(begin, StringComparison.Ordinal);
        var to = page.IndexOf(end, StringComparison.Ordinal);
        return from < 0 || to < from
            ? throw new InvalidOperationException($"{File} has no marks {begin.TrimEnd()} and {end}.")
            : $"{page[..(from + begin.Length)]}\n{figures.Trim()}\n\n{page[to..]}";
    }
}
