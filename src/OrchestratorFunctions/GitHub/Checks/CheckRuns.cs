using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.GitHub.Checks;

/// <summary>Writes check runs. One is looked for by the gate that it shows before it is made, so that a retry makes no second one.</summary>
internal sealed class CheckRuns(GitHubApi api)
{
    private const string Name = "Project Orchestrator";

    /// <summary>Makes the check run show what its gate is; returns its number and the commit that it stands on.</summary>
    public async Task<(long Id, string HeadSha)> ShowAsync(KnownRepository repository, StaleCheck check, CancellationToken cancellationToken)
    {
        if (check is { CheckRunId: { } known, HeadSha: { } at })
        {
            await api.CallAsync<Nothing>(HttpMethod.Patch, repository, $"check-runs/{known}", Body(check), cancellationToken);
            return (known, at);
        }

        var head = (await api.CallAsync<Pull>(HttpMethod.Get, repository, $"pulls/{check.PullNumber}", null, cancellationToken)).Body.Head.Sha;
        var there = (await api.CallAsync<RunList>(HttpMethod.Get, repository, $"commits/{head}/check-runs?check_name={Uri.EscapeDataString(Name)}&filter=all&per_page=100", null, cancellationToken))
            .Body.CheckRuns.FirstOrDefault(run => run.ExternalId == check.GateId.ToString());
        if (there is not null)
        {
            await api.CallAsync<Nothing>(HttpMethod.Patch, repository, $"check-runs/{there.Id}", Body(check), cancellationToken);
            return (there.Id, head);
        }

        var body = Body(check);
        body["name"] = Name;
        body["head_sha"] = head;
        body["external_id"] = check.GateId.ToString();
        return ((await api.CallAsync<Run>(HttpMethod.Post, repository, "check-runs", body, cancellationToken)).Body.Id, head);
    }

    // An identifier has at most 20 characters, so it cannot be the button's token.
    private static Dictionary<string, object> Body(StaleCheck check) => new(StringComparer.Ordinal)
    {
        ["status"] = "completed",
        ["conclusion"] = check.Status switch
        {
            "PENDING" => "action_required",
            "APPROVED" => "success",
            "REJECTED" => "failure",
            _ => "cancelled",
        },
        ["output"] = new { title = Title(check), summary = Summary(check) },
        ["actions"] = check.Status == "PENDING"
            ? new object[]
            {
                new { label = "Approve", description = "Go on with this version", identifier = "approve" },
                new { label = "Request changes", description = "Say what should be different", identifier = "change" },
            }
            : Array.Empty<object>(),
    };

    private static string Title(StaleCheck check) => check.Status == "PENDING" ? $"{check.Title} waits for a decision" : $"{check.Title}: {check.Status.ToLowerInvariant()}";

    private static string Summary(StaleCheck check) => check.Status == "PENDING"
        ? $"**{Comments.CommentText.Harmless(check.ProjectName)}**: is {check.Title} right?{(check.Confirmed ? "" : " The coding agent ended without saying that it succeeded, so please look twice.")}\n\nUse the buttons, or comment `/approve` or `/reject what should be different`."
        : $"{check.Title}: {check.Status.ToLowerInvariant()}{(check.DecidedBy is { } who ? $" by {who}" : "")}.{(check.Reason is { } reason ? $"\n\n> {Comments.CommentText.Harmless(reason).ReplaceLineEndings("\n> ")}" : "")}";

    private sealed record Pull(Head Head);

    private sealed record Head(string Sha);

    private sealed record RunList(IReadOnlyList<Run> CheckRuns);

    private sealed record Run(long Id, string? ExternalId);
}
