using System.Text;
using DurableTask;

namespace OrchestratorFunctions.Instances;

/// <summary>Instances and their histories as an operator reads them.</summary>
internal static class InstanceText
{
    private const int LongestText = 160;

    public static string Line(OrchestrationMetadata one) =>
        $"{one.InstanceId}  {one.RuntimeStatus}  {one.Name}{Version(one)}  {one.CreatedAt:yyyy-MM-ddTHH:mm:ssZ}  {one.LastUpdatedAt:yyyy-MM-ddTHH:mm:ssZ}{(one.ParkedReason is null ? "" : $"  parked: {Short(one.ParkedReason)}")}";

    public static string Of(OrchestrationMetadata one, OrchestrationHistory history)
    {
        var text = new StringBuilder();
        text.AppendLine($"{one.InstanceId}  {one.Name}{Version(one)}");
        Field("status", one.RuntimeStatus.ToString());
        Field("created", $"{one.CreatedAt:yyyy-MM-ddTHH:mm:ssZ}, last step {one.LastUpdatedAt:yyyy-MM-ddTHH:mm:ssZ}");
        Field("parent", one.ParentInstanceId);
        Field("parked", one.ParkedReason);
        Field("failure", one.FailureDetails?.ToString());
        Field("input", one.SerializedInput);
        Field("output", one.SerializedOutput);
        Field("custom status", one.SerializedCustomStatus);
        foreach (var entry in history.Entries.Where(entry => entry.Kind is not ("OrchestratorStarted" or "OrchestratorCompleted")))
        {
            text.AppendLine($"{entry.At:yyyy-MM-dd HH:mm:ss.fff}  {(entry.StepId is { } step ? $"#{step}" : "").PadRight(5)} {entry.Kind}{(entry.Name is null ? "" : $" {entry.Name}")}{(entry.Text is null ? "" : $"  {Short(entry.Text)}")}");
        }

        return text.ToString().TrimEnd();

        void Field(string name, string? value)
        {
            if (value is not null)
            {
                text.AppendLine($"  {name}: {Short(value)}");
            }
        }
    }

    private static string Version(OrchestrationMetadata one) => one.Version.Length == 0 ? "" : $"@{one.Version}";

    private static string Short(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= LongestText ? line : line[..LongestText] + "…";
    }
}
