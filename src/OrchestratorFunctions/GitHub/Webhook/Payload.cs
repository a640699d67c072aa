using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrchestratorFunctions.GitHub.Webhook;

/// <summary>
/// The part of a webhook's body that we read, and all that is kept of it. Everything may be missing: senders differ, and payloads that
/// GitHub itself has recorded lack fields that Octokit.Webhooks' types insist on (docs/decisions/0020).
/// </summary>
internal sealed record Payload
{
    public string? Action { get; init; }

    public Issue? Issue { get; init; }

    public Comment? Comment { get; init; }

    public PullRequest? PullRequest { get; init; }

    public Review? Review { get; init; }

    public CheckRun? CheckRun { get; init; }

    public CheckSuite? CheckSuite { get; init; }

    public RequestedAction? RequestedAction { get; init; }

    public Label? Label { get; init; }

    public User? Assignee { get; init; }

    public Repository? Repository { get; init; }

    public User? Sender { get; init; }

    public Installation? Installation { get; init; }

    public Changes? Changes { get; init; }

    /// <summary>The installation's repositories, in events about an installation.</summary>
    public IReadOnlyList<Repository>? Repositories { get; init; }

    public IReadOnlyList<Repository>? RepositoriesAdded { get; init; }

    public IReadOnlyList<Repository>? RepositoriesRemoved { get; init; }

    /// <summary>Reads a body.</summary>
    /// <exception cref="JsonException">It is no JSON object, or its parts have other forms.</exception>
    public static Payload Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, PayloadJson.Default.Payload) ?? throw new JsonException("null");
        }
        catch (Exception fault) when (fault is InvalidOperationException or FormatException or OverflowException or ArgumentException or NotSupportedException)
        {
            // Half a surrogate pair, a number beyond all ranges: JSON in form, and nothing that we can keep.
            throw new JsonException("The body cannot be read.", fault);
        }
    }

    public static Payload Read(string stored) => JsonSerializer.Deserialize(stored, PayloadJson.Default.Payload)!;

    public string Write() => JsonSerializer.Serialize(this, PayloadJson.Default.Payload);
}

internal sealed record User(long Id, string? Login, string? Type);

internal sealed record Label(string? Name);

internal sealed record Installation(long Id);

internal sealed record Repository(long Id, string? FullName);

internal sealed record Issue(
    long Id, int Number, string? Title, string? Body, string? State, string? StateReason, IReadOnlyList<Label>? Labels, User? User, PullRequestLink? PullRequest, string? UpdatedAt);

/// <summary>Marks an issue that is a pull request.</summary>
internal sealed record PullRequestLink(string? HtmlUrl);

internal sealed record Comment(long Id, string? Body, User? User, string? CreatedAt, string? UpdatedAt);

internal sealed record PullRequest(long Id, int Number, string? Title, string? Body, string? HtmlUrl, string? State, bool? Merged, User? User, Branch? Head, string? CreatedAt, string? UpdatedAt);

internal sealed record Branch(string? Ref, string? Sha);

internal sealed record Review(long Id, string? Body, User? User, string? State, string? CommitId, string? SubmittedAt);

internal sealed record CheckRun(long Id, string? Name, string? ExternalId, string? HeadSha);

internal sealed record CheckSuite(long Id, string? HeadSha);

internal sealed record RequestedAction(string? Identifier);

internal sealed record Changes(RepositoryChange? Repository);

internal sealed record RepositoryChange(Renaming? Name);

internal sealed record Renaming(string? From);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Payload))]
internal sealed partial class PayloadJson : JsonSerializerContext;
