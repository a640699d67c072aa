namespace OrchestratorFunctions.Tests.Deployment;

/// <summary>Licence expressions as SPDX writes them: <c>MIT</c>, <c>MIT OR GPL-2.0-only</c>, <c>(MIT OR X) AND Apache-2.0 WITH LLVM-exception</c>.</summary>
internal static class LicenceExpression
{
    /// <summary>Whether one may use what is under <paramref name="expression"/> when only these licences are <paramref name="allowed"/>: of OR one side is enough, AND needs both. What is no expression is not allowed.</summary>
    public static bool IsMet(string expression, IReadOnlyCollection<string> allowed)
    {
        var words = new Queue<string>(expression.Replace("(", " ( ", StringComparison.Ordinal).Replace(")", " ) ", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return Either(words, allowed) is true && words.Count == 0;
    }

    // Null: here the expression is none. AND binds closer than OR, so each side is read whole before it is judged.
    private static bool? Either(Queue<string> words, IReadOnlyCollection<string> allowed)
    {
        var met = Both(words, allowed);
        while (Take(words, "OR"))
        {
            met = Both(words, allowed) is { } other && met is { } one ? one | other : null;
        }

        return met;
    }

    private static bool? Both(Queue<string> words, IReadOnlyCollection<string> allowed)
    {
        var met = One(words, allowed);
        while (Take(words, "AND"))
        {
            met = One(words, allowed) is { } other && met is { } one ? one & other : null;
        }

        return met;
    }

    private static bool? One(Queue<string> words, IReadOnlyCollection<string> allowed)
    {
        if (Take(words, "("))
        {
            var inner = Either(words, allowed);
            return Take(words, ")") ? inner : null;
        }

        if (!words.TryDequeue(out var id) || id is ")" or "AND" or "OR" or "WITH")
        {
            return null;
        }

        // An exception only permits more than the licence does, and "or later" includes the version that is named.
        return Take(words, "WITH") && !words.TryDequeue(out _) ? null : allowed.Contains(id.TrimEnd('+'), StringComparer.OrdinalIgnoreCase);
    }

    private static bool Take(Queue<string> words, string word) => words.TryPeek(out var next) && next == word && words.TryDequeue(out _);
}
