using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OrchestratorFunctions.GitHub.Events;

namespace OrchestratorFunctions.GitHub.Agent;

/// <summary>Keeps what the coding agent's account says and does, for the run that it belongs to. It is an answer, and never a command.</summary>
internal sealed partial class AgentReplies(AgentStore store, TimeProvider time)
{
    /// <summary>Why it was not kept, or null when it was.</summary>
    public async Task<string?> SaidAsync(GitHubEvent.AgentSaid said, CancellationToken cancellationToken) =>
        await store.AddCommentAsync(said.Place.RepositoryId, said.Place.Number, said.CommentId, said.Text, said.At ?? time.GetUtcNow(), cancellationToken)
            ? null
            : "the coding agent, where no command of ours is under way";

    /// <summary>Why it was not kept, or null when it was. Of several runs, it belongs to the one whose issue it names.</summary>
    public async Task<string?> OpenedAsync(GitHubEvent.AgentOpened opened, CancellationToken cancellationToken)
    {
        var building = await store.BuildingAsync(opened.Place.RepositoryId, cancellationToken);
        var named = building.Where(run => Names(opened, run.Number)).ToList();
        if ((named.Count > 0 ? named : building) is not [var (executionId, _)])
        {
            return building.Count == 0 ? "the coding agent's pull request, while nothing is being built" : "the coding agent's pull request, of which it is not known to which run it belongs";
        }

        var text = new StringBuilder($"Opened pull request {opened.Place.Number}.\n");
        Line("Branch", opened.Branch);
        Line("Commit", opened.Commit);
        Line("Pull request", opened.Url);
        await store.AddPullAsync(executionId, opened.Place.Number, text.ToString(), opened.At ?? time.GetUtcNow(), cancellationToken);
        return null;

        void Line(string name, string? value) => text.Append(value is null ? "" : $"\n{name}: {value}");
    }

    private static bool Names(GitHubEvent.AgentOpened opened, int number)
    {
        var wanted = number.ToString(CultureInfo.InvariantCulture);
        return IssueLink().Matches(opened.Text).Any(link => link.Groups["number"].Value == wanted) || IssueBranch().Match(opened.Branch ?? "").Groups["number"].Value == wanted;
    }

    [GeneratedRegex("(?:#|/issues/)(?<number>[0-9]{1,9})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex IssueLink();

    [GeneratedRegex("issue-(?<number>[0-9]{1,9})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex IssueBranch();
}
