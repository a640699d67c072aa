using System.Security.Cryptography;
using System.Text;

namespace OrchestratorFunctions.Projects;

/// <summary>What a gate shows and a person judges.</summary>
internal enum DocumentKind
{
    Vision,
    Plan,
    Report,
}

/// <summary>One version of a document. Versions are never changed; a rework makes the next one.</summary>
/// <param name="Markdown">What the person reads.</param>
/// <param name="Content">The canonical form that <paramref name="Sha256"/> is taken over: JSON for a vision, the text itself otherwise.</param>
/// <param name="Sha256">Lower-case hex SHA-256 of the UTF-8 bytes of <paramref name="Content"/>; a decision is bound to it.</param>
/// <param name="Branch">Where a plan or report lives in the repository, if the agent said so.</param>
/// <param name="CommitId">The commit it was made at, if the agent said so.</param>
/// <param name="Confirmed">False: the agent ended without saying that it succeeded, so the gate says so and asks.</param>
/// <param name="ExecutionId">The coding agent's run that made it; null for a vision.</param>
internal sealed record Document(
    Guid ProjectId, DocumentKind Kind, int Version, string Markdown, string Content, string Sha256,
    string? Branch, string? CommitId, string? PullRequest, bool Confirmed, Guid? ExecutionId)
{
    /// <summary>The document as a person and a gate name it.</summary>
    public string Title => $"{Kind}, version {Version}";
}

/// <summary>A document about to be stored; its version is given by the store.</summary>
/// <param name="DomainKey">Equal across retries of the same work, so that it is stored once.</param>
internal sealed record NewDocument(Guid ProjectId, DocumentKind Kind, string DomainKey, string Markdown, string Content)
{
    public string? Branch { get; init; }

    public string? CommitId { get; init; }

    public string? PullRequest { get; init; }

    public bool Confirmed { get; init; } = true;

    public Guid? ExecutionId { get; init; }

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Content)));
}

/// <summary>Names one version of one document exactly; small enough for an activity's input.</summary>
internal sealed record DocumentRef(Guid ProjectId, DocumentKind Kind, int Version, string Sha256);
