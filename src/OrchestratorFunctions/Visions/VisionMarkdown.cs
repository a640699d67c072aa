using System.Text;

namespace OrchestratorFunctions.Visions;

/// <summary>A vision as a person reads it.</summary>
internal static class VisionMarkdown
{
    /// <summary>The vision of the project called <paramref name="name"/>, as CommonMark.</summary>
    public static string Write(string name, Vision vision)
    {
        var text = new StringBuilder().Append("# ").Append(Line(name)).Append('\n');
        Section("What it is", vision.WhatItIs);
        Section("Who it is for", List(vision.WhoItsFor));
        Section("The problem", vision.ProblemStatement);
        Section("The solution", vision.SolutionOverview);
        Section("What it can do", string.Join("\n\n", vision.KeyFeatures.Select(feature => $"### {Line(feature.Name)} ({InWords(feature.Priority)})\n\n{feature.Description}")));
        Section("How it is used", vision.UserJourney);
        Section("How we know that it works", List(vision.SuccessMetrics));
        Section("Not in the first version", vision.OutOfScope.Count > 0 ? List(vision.OutOfScope) : "Nothing was left out on purpose.");
        return text.ToString();

        void Section(string title, string body) => text.Append("\n## ").Append(title).Append("\n\n").Append(body).Append('\n');
    }

    private static string InWords(FeaturePriority priority) => priority switch
    {
        FeaturePriority.High => "must have",
        FeaturePriority.Medium => "should have",
        _ => "nice to have",
    };

    private static string List(IEnumerable<string> items) => string.Join('\n', items.Select(item => $"- {Line(item)}"));

    private static string Line(string text) => text.ReplaceLineEndings(" ");
}
