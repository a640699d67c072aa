using System.Security.Cryptography;
using System.Text;

namespace OrchestratorFunctions.GitHub.Webhook;

/// <summary>Names what a delivery is about. Pure.</summary>
internal static class DeliverySubject
{
    /// <summary>
    /// Equal for the same thing delivered by two hooks, and different for the next thing that happens to it; null where only the
    /// delivery's id and its body tell deliveries apart.
    /// </summary>
    public static string? KeyOf(string name, Payload payload) => Short(payload switch
    {
        // GitHub's times are whole seconds: what is changed at once, or twice at once, would else pass for what was written before.
        { Comment: { Id: > 0 } comment } => $"{name}:{comment.Id}:{comment.UpdatedAt}{(payload.Action == "edited" ? $":edited:{Hash(comment.Body ?? "")}" : "")}",
        { Review: { Id: > 0 } review } => $"review:{review.Id}:{review.SubmittedAt}",
        { Issue: { Id: > 0, UpdatedAt: { } at } issue } => $"issue:{issue.Id}:{payload.Action}:{at}:{payload.Label?.Name}{payload.Assignee?.Id}",
        { PullRequest: { Id: > 0, UpdatedAt: { } at } pull } => $"pull_request:{pull.Id}:{payload.Action}:{at}",
        _ => null,
    });

    /// <summary>What is handled in order: one issue, one repository, or one installation.</summary>
    public static string QueueOf(Payload payload) =>
        payload.Repository is { } repository ? $"github:{repository.Id}#{payload.Issue?.Number ?? payload.PullRequest?.Number ?? 0}" : $"github:installation:{payload.Installation?.Id ?? 0}";

    // An index takes no key of any length, and PostgreSQL's text no NUL.
    private static string? Short(string? key) => key is null ? null
        : key.Length <= 200 && !key.Contains('\0', StringComparison.Ordinal) ? key
        : Hash(key);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
