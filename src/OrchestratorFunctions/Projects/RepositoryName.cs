using System.Text.RegularExpressions;

namespace OrchestratorFunctions.Projects;

/// <summary>
/// Reads the ways in which people name a GitHub repository: <c>owner/name</c>, https and ssh addresses, with or without
/// <c>.git</c>, <c>www.</c> or a trailing slash. GitHub compares names without regard to case; the case given is kept for display.
/// </summary>
internal static partial class RepositoryName
{
    /// <summary><c>owner/name</c>, or null when <paramref name="text"/> names no GitHub repository.</summary>
    public static string? Parse(string text)
    {
        var rest = text.Trim().TrimEnd('/');
        foreach (var prefix in Prefixes)
        {
            if (rest.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                rest = rest[prefix.Length..];
                break;
            }
        }

        // Only the ending is cut: owner.github.io is a name of its own.
        if (rest.EndsWith(".git", StringComparison.OrdinalIgnoreCase))
        {
            rest = rest[..^4];
        }

        return OwnerAndName().IsMatch(rest) && !rest.EndsWith("/.", StringComparison.Ordinal) && !rest.EndsWith("/..", StringComparison.Ordinal) ? rest : null;
    }

    private static readonly string[] Prefixes =
    [
        "https://github.com/", "http://github.com/", "https://www.github.com/", "http://www.github.com/",
        "ssh://git@github.com/", "git@github.com:", "git://github.com/", "www.github.com/", "github.com/",
    ];

    // Owner: at most 39; letters, digits, hyphens (old accounts have them beside each other or at the end), and the underscore of managed users
    // (https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication). Name: at most 100.
    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9._-]{1,100}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OwnerAndName();
}
