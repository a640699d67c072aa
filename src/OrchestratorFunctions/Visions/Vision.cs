using System.Text;
using System.Text.Json;
using OrchestratorFunctions.Ai;

namespace OrchestratorFunctions.Visions;

/// <summary>What is to be built, in plain words: the eight things that a person approves.</summary>
/// <param name="WhatItIs">One paragraph.</param>
/// <param name="WhoItsFor">The people who use it, the most important first.</param>
/// <param name="ProblemStatement">What is wrong today.</param>
/// <param name="SolutionOverview">How that gets better.</param>
/// <param name="KeyFeatures">What it can do.</param>
/// <param name="UserJourney">How somebody uses it, from opening it to being done.</param>
/// <param name="SuccessMetrics">How to tell that it works.</param>
/// <param name="OutOfScope">What the first version leaves out; may be empty.</param>
internal sealed record Vision(
    string WhatItIs, IReadOnlyList<string> WhoItsFor, string ProblemStatement, string SolutionOverview, IReadOnlyList<KeyFeature> KeyFeatures, string UserJourney,
    IReadOnlyList<string> SuccessMetrics, IReadOnlyList<string> OutOfScope)
{
    private const int LongestText = 4_000;
    private const int LongestName = 120;
    private const int MostItems = 20;

    /// <summary>The one JSON form of this vision, over which its hash is taken: keys in the order above, no white space, tidied texts.</summary>
    public string ToCanonicalJson() => JsonSerializer.Serialize(Tidy(), StructuredOutput.Options);

    /// <summary>The vision that <see cref="ToCanonicalJson"/> wrote.</summary>
    public static Vision FromCanonicalJson(string json) => JsonSerializer.Deserialize<Vision>(json, StructuredOutput.Options) ?? throw new JsonException("A stored vision is null.");

    /// <summary>Without white space around texts, without empty entries and control characters. (Composed characters are <see cref="VisionStore.ComposeAsync"/>'s part.)</summary>
    public Vision Tidy() => new(
        Tidy(WhatItIs), Tidy(WhoItsFor), Tidy(ProblemStatement), Tidy(SolutionOverview),
        [.. KeyFeatures.Select(feature => feature with { Name = Tidy(feature.Name), Description = Tidy(feature.Description) }).Where(feature => feature.Name.Length + feature.Description.Length > 0)],
        Tidy(UserJourney), Tidy(SuccessMetrics), Tidy(OutOfScope));

    /// <summary>What keeps this from being shown to a person as a vision, in words for whoever wrote it; null when nothing does.</summary>
    public string? Fault()
    {
        var vision = Tidy();
        (string Name, IReadOnlyList<string> Texts)[] required =
        [
            ("what_it_is", [vision.WhatItIs]), ("who_its_for", vision.WhoItsFor), ("problem_statement", [vision.ProblemStatement]), ("solution_overview", [vision.SolutionOverview]),
            ("key_features", [.. vision.KeyFeatures.Select(feature => feature.Description)]), ("user_journey", [vision.UserJourney]), ("success_metrics", vision.SuccessMetrics),
        ];
        foreach (var (name, texts) in required.Append(("out_of_scope", [.. vision.OutOfScope, "."])))
        {
            if (texts.Count == 0 || texts.Contains(""))
            {
                return $"{name} is empty.";
            }

            if (texts.Count > MostItems || texts.Any(text => text.Length > LongestText))
            {
                return $"{name} is too long: at most {MostItems} entries of at most {LongestText} characters.";
            }
        }

        return vision.KeyFeatures.Any(feature => feature.Name.Length is 0 or > LongestName) ? $"each key feature needs a name of 1 to {LongestName} characters." : null;
    }

    private static IReadOnlyList<string> Tidy(IReadOnlyList<string> texts) => [.. texts.Select(Tidy).Where(text => text.Length > 0)];

    private static string Tidy(string text) =>
        string.Concat(text.ReplaceLineEndings("\n").EnumerateRunes().Where(rune => rune.Value == '\n' || !Rune.IsControl(rune)).Select(rune => rune.ToString())).Trim();
}

/// <summary>One thing that the product can do.</summary>
internal sealed record KeyFeature(string Name, string Description, FeaturePriority Priority);

/// <summary>How much a feature is needed.</summary>
internal enum FeaturePriority
{
    High,
    Medium,
    Low,
}
