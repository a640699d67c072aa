using System.Globalization;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.GitHub.Comments;

/// <summary>
/// Says things as comments of issues and pull requests. Each comment carries a hidden marker and is looked for before it is written, so
/// that a retry after a lost answer finds it instead of repeating it.
/// </summary>
internal sealed class GitHubChannel(GitHubApi api, RepositoryStore repositories, IOptions<GitHubOptions> options) : IChannel
{
    // Our clock and GitHub's may differ.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan PauseAfterRefusedToken = TimeSpan.FromMinutes(1);

    public string AddressPrefix => options.Value.HasCredentials ? "github:" : "github is not configured";

    public async Task<Delivery> DeliverAsync(OutboxItem item, Func<long, Task> recordPart, CancellationToken cancellationToken)
    {
        if (await repositories.OfAddressAsync(item.Address, cancellationToken) is not { } repository || !int.TryParse(item.Address[(item.Address.IndexOf('#', StringComparison.Ordinal) + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return new Delivery.Refused($"{item.Address} is no issue that we know");
        }

        try
        {
            if (item.EditsMessageId is { } edited)
            {
                await api.EditCommentAsync(repository, edited, CommentText.RenderEdit(item, options.Value.Mention), cancellationToken);
            }
            else
            {
                await WriteAsync(repository, number, item, recordPart, cancellationToken);
            }

            return new Delivery.Sent();
        }
        catch (GitHubException fault)
        {
            return Judge(fault, isEdit: item.EditsMessageId is not null);
        }
    }

    private async Task WriteAsync(KnownRepository repository, int number, OutboxItem item, Func<long, Task> recordPart, CancellationToken cancellationToken)
    {
        var parts = CommentText.Render(item, options.Value.Mention);
        var written = await WrittenAsync(repository, number, item, cancellationToken);
        for (var index = item.MessageIds.Count; index < parts.Count; index++)
        {
            await recordPart(written.TryGetValue(index, out var there) ? there : await api.CommentAsync(repository, number, parts[index], cancellationToken));
        }
    }

    private async Task<Dictionary<int, long>> WrittenAsync(KnownRepository repository, int number, OutboxItem item, CancellationToken cancellationToken)
    {
        var found = new Dictionary<int, long>();
        await foreach (var comment in api.CommentsSinceAsync(repository, number, item.CreatedAt - ClockSkew, cancellationToken))
        {
            for (var part = 0; part < 20 && comment.Body is { } body; part++)
            {
                if (body.Contains(CommentText.Marker(item.Operation, part), StringComparison.Ordinal))
                {
                    found.TryAdd(part, comment.Id);
                    break;
                }
            }
        }

        return found;
    }

    private static Delivery Judge(GitHubException fault, bool isEdit) => fault.Fault switch
    {
        GitHubFault.Unauthorized => new Delivery.Later(fault.Message, PauseAfterRefusedToken),
        GitHubFault.Unavailable or GitHubFault.RateLimited => new Delivery.Later(fault.Message, fault.RetryAfter),
        // A comment that somebody deleted is not there to be edited; the issue itself may be fine.
        GitHubFault.NotFound when isEdit => new Delivery.Refused(fault.Message),
        GitHubFault.NotFound or GitHubFault.Forbidden or GitHubFault.Moved => new Delivery.Unreachable(fault.Message),
        _ => new Delivery.Refused(fault.Message),
    };
}
