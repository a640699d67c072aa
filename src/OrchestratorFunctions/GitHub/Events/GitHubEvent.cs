namespace OrchestratorFunctions.GitHub.Events;

/// <summary>Where something happened.</summary>
/// <param name="RepositoryId">GitHub's number of the repository, which outlives its name.</param>
/// <param name="FullName"><c>owner/name</c> at that time.</param>
/// <param name="InstallationId">The app's installation there, when an app's hook delivered it.</param>
/// <param name="Number">Number of the issue or pull request; 0 for the repository itself.</param>
internal sealed record Place(long RepositoryId, string FullName, long? InstallationId, int Number)
{
    /// <summary>The conversation: everything about one issue, in order.</summary>
    public string Address => $"github:{RepositoryId}#{Number}";
}

/// <summary>Who did something.</summary>
internal sealed record Speaker(long Id, string Login, bool IsBot)
{
    /// <summary>As in audit; the number, since a login can be given up and taken by somebody else.</summary>
    public string Person => $"github:{Id}";
}

/// <summary>What a delivery means to us.</summary>
internal abstract record GitHubEvent
{
    /// <summary>Words to us, or a command when they begin with a slash.</summary>
    /// <param name="SaidAt">When, by GitHub's clock; null when the payload does not say.</param>
    /// <param name="Mentioned">False: a bare command, which counts only where we are in conversation already.</param>
    public sealed record Spoken(Place Place, Speaker By, string Words, DateTimeOffset? SaidAt, bool Mentioned) : GitHubEvent;

    /// <summary>An issue shall become a project.</summary>
    /// <param name="Key">Equal for all events that ask for the same thing.</param>
    public sealed record Started(Place Place, Speaker By, string Title, string Idea, string Key) : GitHubEvent;

    /// <summary>An issue was closed as not planned.</summary>
    public sealed record Dropped(Place Place, Speaker By) : GitHubEvent;

    /// <summary>A button of a check run.</summary>
    public sealed record Pressed(Place Place, Speaker By, long CheckRunId, string Action) : GitHubEvent;

    /// <summary>Somebody asks for a check run again, or for all of a commit.</summary>
    public sealed record ChecksAsked(Place Place, long? CheckRunId, string? HeadSha) : GitHubEvent;

    /// <summary>A review that approves a pull request or asks for changes.</summary>
    /// <param name="Words">What it says, without what readers do not see.</param>
    /// <param name="Commit">The commit that was reviewed.</param>
    /// <param name="HeadCommit">The newest commit of the pull request at that time.</param>
    /// <param name="Otherwise">What it means where no gate waits for it.</param>
    public sealed record Reviewed(Place Place, Speaker By, long ReviewId, bool Approves, string Words, string? Commit, string? HeadCommit, DateTimeOffset? At, GitHubEvent Otherwise) : GitHubEvent;

    /// <summary>The coding agent wrote a comment, or changed one of its own.</summary>
    public sealed record AgentSaid(Place Place, long CommentId, string Text, DateTimeOffset? At) : GitHubEvent;

    /// <summary>The coding agent opened a pull request.</summary>
    public sealed record AgentOpened(Place Place, string Text, string? Branch, string? Commit, string? Url, DateTimeOffset? At) : GitHubEvent;

    /// <summary>A repository has another name or owner, or is gone.</summary>
    public sealed record RepositoryMoved(Place Place, bool Gone) : GitHubEvent;

    /// <summary>The app may use these repositories, or may not any more.</summary>
    public sealed record AccessChanged(IReadOnlyList<Place> Gained, IReadOnlyList<Place> Lost) : GitHubEvent;

    /// <summary>A webhook was set up.</summary>
    public sealed record Ping : GitHubEvent;

    /// <summary>One that we take, and not for us this time.</summary>
    public sealed record Ignored(string Reason) : GitHubEvent;

    /// <summary>None of those that we take: not even kept.</summary>
    public sealed record Unknown : GitHubEvent;
}
