using System.Text.RegularExpressions;

namespace OrchestratorFunctions.Conversations;

/// <summary>A project's first name: the beginning of what the person said.</summary>
internal static partial class ProjectName
{
    private const int MostWords = 8;
    private const int MostCharacters = 60;

    public static string From(string idea)
    {
        var words = Spaces().Split(idea.Trim()).Take(MostWords);
        var name = string.Concat(string.Join(' ', words).Where(character => character is not ('*' or '_' or '`' or '[' or ']' or '#' or '<' or '>'))).Trim(' ', '.', ',', ';', ':');
        name = name.Length <= MostCharacters ? name : name[..(char.IsHighSurrogate(name[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters)];
        return name.Length > 0 ? name : "My idea";
    }

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Spaces();
}
