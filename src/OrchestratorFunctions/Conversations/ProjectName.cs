using System.Text.RegularExpressions;

namespace OrchestratorFunctions.Conversations;

/// <summary>A project's first name: the beginning of what the person said.</summary>
internal static partial class ProjectName
{
    private const int MostWords = 8;
    private const int MostCharacters = 60;

    // A name that ends in one of these reads as if somebody had been interrupted. English, like the rest of what we say.
    private static readonly string[] NoEnd = ["a", "an", "the", "of", "my", "our", "their", "his", "her", "to", "for", "in", "on", "at", "with", "by", "and", "or", "that", "which", "who", "where", "when"];

    public static string From(string idea)
    {
        var said = Spaces().Split(idea.Trim());
        var words = said.Take(MostWords).ToList();
        while (words.Count < said.Length && words.Count > 1 && NoEnd.Contains(words[^1].ToLowerInvariant()))
        {
            words.RemoveAt(words.Count - 1);
        }

        var name = string.Concat(string.Join(' ', words).Where(character => character is not ('*' or '_' or '`' or '[' or ']' or '#' or '<' or '>'))).Trim(' ', '.', ',', ';', ':');
        name = name.Length <= MostCharacters ? name : name[..(char.IsHighSurrogate(name[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters)];
        return name.Length > 0 ? name : "My idea";
    }

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Spaces();
}
