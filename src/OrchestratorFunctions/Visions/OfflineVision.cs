using OrchestratorFunctions.Ai;

namespace OrchestratorFunctions.Visions;

/// <summary>A vision from the answers to the fixed interview, in the person's own words: nothing is understood, nothing is made up.</summary>
internal static class OfflineVision
{
    private const string NotSaid = "Not said yet.";
    private const int LongestName = 60;
    private const int LongestText = 4_000;
    private const int MostItems = 20;

    /// <summary>The answers, each in its place; what was said after the sixth is added as wishes.</summary>
    public static Vision Compose(IReadOnlyList<TopicMessage> messages)
    {
        List<string> said = [.. messages.Where(message => message.Role == TopicMessage.User).Select(message => Cut(message.Content.Trim(), LongestText)).Where(text => text.Length > 0)];
        List<KeyFeature> features = [.. Lines(Answer(3)).Select(line => Feature(line, FeaturePriority.High))];
        features.AddRange(said.Skip(Interview.Criteria.Count).Select(wish => Feature(wish, FeaturePriority.Medium)));
        return new Vision(
            Answer(0), Lines(Answer(1)), Answer(2), $"It lets people do this: {string.Join("; ", Lines(Answer(3)))}", [.. features.Take(MostItems)], Answer(4), Lines(Answer(5)),
            ["Everything that is not named above."]);

        string Answer(int criterion) => criterion < said.Count ? said[criterion] : NotSaid;
    }

    /// <summary>The previous vision with the change that was asked for named first among the features, where nobody overlooks it.</summary>
    public static Vision Rework(Vision previous, string reason) =>
        previous with { KeyFeatures = [.. previous.KeyFeatures.Prepend(Feature($"Changed: {Cut(reason.Trim(), LongestText - 20)}", FeaturePriority.High)).Take(MostItems)] };

    private static KeyFeature Feature(string text, FeaturePriority priority) => new(Cut(text.ReplaceLineEndings(" "), LongestName), text, priority);

    // People list things one per line, or with dashes and numbers before them.
    private static List<string> Lines(string answer) =>
        [.. answer.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimStart(' ', '-', '*', '•', '\t')).Select(line => line.Trim()).Where(line => line.Length > 0).DefaultIfEmpty(NotSaid).Take(MostItems)];

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1)] + "…";
}
