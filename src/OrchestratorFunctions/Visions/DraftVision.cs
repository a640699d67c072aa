using DurableTask;
using Npgsql;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Visions;

/// <summary>Asks for a vision.</summary>
/// <param name="ProjectId">Of which project.</param>
/// <param name="Run">The workflow run that asks.</param>
/// <param name="Attempt">Which version of this run, from 1.</param>
/// <param name="Reason">What a person wants to be different from the newest version; null for the first.</param>
internal sealed record DraftVisionRequest(Guid ProjectId, int Run, int Attempt, string? Reason);

/// <summary>
/// Writes the next version of a vision, once for each run and attempt. No transaction is held while the model writes; of two overlapping
/// runs of this activity, the first to finish decides what the vision says.
/// </summary>
internal sealed class DraftVision(NpgsqlDataSource dataSource, ProjectStore projects, DocumentStore documents, VisionStore visions, VisionDrafting drafting, AuditLog audit, AppMetrics metrics)
    : TaskActivity<DraftVisionRequest, DocumentRef>
{
    // The model is given the newest of them that fit; offline, the first six are the answers to the six questions.
    private const int MostMessages = 400;

    public override async Task<DocumentRef> RunAsync(TaskActivityContext context, DraftVisionRequest input)
    {
        var cancellationToken = context.CancellationToken;
        var key = $"vision:{input.ProjectId}:run:{input.Run}:attempt:{input.Attempt}";
        if (await FindAsync(key, cancellationToken) is { } written)
        {
            return Ref(written);
        }

        var project = await projects.FindAsync(input.ProjectId, cancellationToken) ?? throw new PermanentFailureException($"The project {input.ProjectId} is not there.");
        var messages = await visions.NewestMessagesAsync(input.ProjectId, MostMessages, cancellationToken);
        var previous = input.Reason is null ? null : await documents.LatestAsync(input.ProjectId, DocumentKind.Vision, cancellationToken);
        if (previous is null && messages.All(message => message.Role != TopicMessage.User))
        {
            throw new PermanentFailureException("Nothing was said yet that a vision could be written from.");
        }

        var vision = await WriteAsync(messages, previous, input.Reason, cancellationToken);
        var content = await visions.ComposeAsync(vision.ToCanonicalJson(), cancellationToken);
        var document = new NewDocument(input.ProjectId, DocumentKind.Vision, key, VisionMarkdown.Write(project.Name, Vision.FromCanonicalJson(content)), content);
        return Ref(await dataSource.InTransactionAsync((connection, token) => KeepAsync(connection, document, token), cancellationToken));
    }

    // An outage is waited out; an answer that cannot be used would be asked for, and paid, for half a day, so a person is asked instead.
    private async Task<Vision> WriteAsync(IReadOnlyList<TopicMessage> messages, Document? previous, string? reason, CancellationToken cancellationToken)
    {
        try
        {
            return await drafting.WriteAsync(messages, previous is null ? null : Vision.FromCanonicalJson(previous.Content), reason, cancellationToken);
        }
        catch (ModelAnswerException fault)
        {
            throw new PermanentFailureException(fault.Message);
        }
    }

    private async Task<Document> KeepAsync(NpgsqlConnection connection, NewDocument document, CancellationToken cancellationToken)
    {
        // The lock makes "is it there" and "add it" one step, so that the audit has one entry for each version.
        await projects.LockAsync(connection, document.ProjectId, cancellationToken);
        if (await documents.FindByKeyAsync(connection, document.DomainKey, cancellationToken) is { } written)
        {
            return written;
        }

        var added = await documents.AddAsync(connection, document, cancellationToken);
        await audit.AppendAsync(connection, new AuditEntry("vision_generated", AuditEntry.System, added.ProjectId, new { added.Version, added.Sha256 }), cancellationToken);
        metrics.VisionGenerated();
        return added;
    }

    private async Task<Document?> FindAsync(string key, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await documents.FindByKeyAsync(connection, key, cancellationToken);
    }

    private static DocumentRef Ref(Document document) => new(document.ProjectId, document.Kind, document.Version, document.Sha256);
}
