using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.GitHub.Events;

/// <summary>Reads what a delivery means: total over everything that may arrive, without asking anybody.</summary>
internal sealed partial class EventReader(IOptions<GitHubOptions> options)
{
    /// <summary>In every comment of ours, so that we never answer ourselves.</summary>
    public const string Marker = "<!-- orchestrator:";

    private const int LongestText = 16_384;

    // Without our name these count only where we are in conversation: other bots know some of them too.
    private static readonly string[] BareCommands =
        ["/approve", "/reject", "/status", "/stop", "/retry", "/skip", "/vision", "/pending", "/continue", "/help", "/repo", "/reset", "/new", "/projects"];

    public GitHubEvent Read(string name, Payload payload) => options.Value.IsAgent(payload.Sender?.Login) ? ReadAgent(name, payload) : ReadPerson(name, payload);

    private GitHubEvent ReadPerson(string name, Payload payload) => (name, payload.Action) switch
    {
        ("ping", _) => new GitHubEvent.Ping(),
        ("issue_comment", "created") => Said(payload, payload.Comment?.Body, payload.Comment?.UpdatedAt, payload.Issue?.Number),
        ("pull_request_review_comment", "created") => Said(payload, payload.Comment?.Body, payload.Comment?.UpdatedAt, payload.PullRequest?.Number),
        ("pull_request_review", "submitted") => Reviewed(payload, Said(payload, payload.Review?.Body, payload.Review?.SubmittedAt, payload.PullRequest?.Number)),
        ("pull_request", "opened") => Said(payload, payload.PullRequest?.Body, payload.PullRequest?.UpdatedAt, payload.PullRequest?.Number),
        ("issues", "opened") => IsLabelled(payload.Issue?.Labels) ? Start(payload) : Said(payload, payload.Issue?.Body, payload.Issue?.UpdatedAt, payload.Issue?.Number),
        ("issues", "labeled") => IsLabelled([payload.Label!]) ? Start(payload) : new GitHubEvent.Ignored("another label"),
        ("issues", "assigned") => IsUs(payload.Assignee) ? Start(payload) : new GitHubEvent.Ignored("assigned to somebody else"),
        ("issues", "closed") => Closed(payload),
        ("check_run", "requested_action") => Pressed(payload),
        ("check_run", "rerequested") => PlaceOf(payload, 0) is { } place ? new GitHubEvent.ChecksAsked(place, payload.CheckRun?.Id, null) : Nowhere,
        ("check_suite", "rerequested") => PlaceOf(payload, 0) is { } place ? new GitHubEvent.ChecksAsked(place, null, payload.CheckSuite?.HeadSha) : Nowhere,
        ("repository", "renamed" or "transferred") => PlaceOf(payload, 0) is { } place ? new GitHubEvent.RepositoryMoved(place, Gone: false) : Nowhere,
        ("repository", "deleted") => PlaceOf(payload, 0) is { } place ? new GitHubEvent.RepositoryMoved(place, Gone: true) : Nowhere,
        ("installation", "created" or "unsuspend") => new GitHubEvent.AccessChanged(Places(payload, payload.Repositories), []),
        ("installation", "deleted" or "suspend") => new GitHubEvent.AccessChanged([], Places(payload, payload.Repositories)),
        ("installation_repositories", "added" or "removed") =>
            new GitHubEvent.AccessChanged(Places(payload, payload.RepositoriesAdded), Places(payload, payload.RepositoriesRemoved)),
        _ => new GitHubEvent.Unknown(),
    };

    private static GitHubEvent.Ignored Nowhere { get; } = new("the payload names no repository or issue");

    private static GitHubEvent.Ignored QuotedCommand { get; } = new("a command in code");

    // Whatever rights the coding agent's account has: it answers, and neither commands nor decides.
    private GitHubEvent ReadAgent(string name, Payload payload) => (name, payload.Action) switch
    {
        // A comment that it changed is its own only when it wrote it.
        ("issue_comment", "created" or "edited") => PlaceOf(payload, payload.Issue?.Number ?? 0) is { Number: > 0 } place && payload.Comment is { Id: > 0 } comment && options.Value.IsAgent(comment.User?.Login)
            ? new GitHubEvent.AgentSaid(place, comment.Id, SpokenText.Visible(comment.Body), TimeOf(comment.CreatedAt))
            : Nowhere,
        ("pull_request", "opened") => payload.PullRequest is { } pull && PlaceOf(payload, pull.Number) is { Number: > 0 } place
            ? new GitHubEvent.AgentOpened(place, SpokenText.Visible($"{pull.Title}\n{pull.Body}"), OneWord(pull.Head?.Ref), OneWord(pull.Head?.Sha), OneWord(pull.HtmlUrl), TimeOf(pull.CreatedAt))
            : Nowhere,
        ("repository" or "installation" or "installation_repositories" or "ping", _) => ReadPerson(name, payload),
        _ => ReadPerson(name, payload) is GitHubEvent.Unknown unknown ? unknown : new GitHubEvent.Ignored("the coding agent's account, which commands nothing"),
    };

    private static string? OneWord(string? text) => text is { Length: > 0 and <= 500 } && !text.Any(character => char.IsWhiteSpace(character) || char.IsControl(character)) ? text : null;

    private static GitHubEvent Reviewed(Payload payload, GitHubEvent otherwise) =>
        payload.Review is { Id: > 0 } review && ApprovesOf(review.State) is { } approves &&
        PlaceOf(payload, payload.PullRequest?.Number ?? 0) is { Number: > 0 } place && SpeakerOf(payload) is { } by
            ? new GitHubEvent.Reviewed(
                place, by, review.Id, approves, Cut(SpokenText.Visible(review.Body).Trim()), OneWord(review.CommitId),
                OneWord(payload.PullRequest?.Head?.Sha), TimeOf(review.SubmittedAt), otherwise)
            : otherwise;

    // Lower case in deliveries, upper case where they were made from answers of the REST API.
    private static bool? ApprovesOf(string? state) =>
        string.Equals(state, "approved", StringComparison.OrdinalIgnoreCase) ? true : string.Equals(state, "changes_requested", StringComparison.OrdinalIgnoreCase) ? false : null;

    private GitHubEvent Said(Payload payload, string? body, string? at, int? number)
    {
        if (PlaceOf(payload, number ?? 0) is not { Number: > 0 } place || SpeakerOf(payload) is not { } by)
        {
            return Nowhere;
        }

        if (body?.Contains(Marker, StringComparison.Ordinal) ?? false)
        {
            return new GitHubEvent.Ignored("our own comment");
        }

        // What is said beyond that is not heard; nobody's comment takes longer to read than that does.
        var visible = Cut(SpokenText.Visible(body));
        if (SpokenText.WithoutMention(visible, options.Value.Mention) is { } words)
        {
            return words.Length == 0 ? new GitHubEvent.Ignored("a mention without words")
                : IsQuotedCommand(visible, words) ? QuotedCommand
                : new GitHubEvent.Spoken(place, by, AsCommand(words), TimeOf(at), Mentioned: true);
        }

        var bare = visible.Trim();
        return !BareCommands.Contains(FirstWord(bare).ToLowerInvariant()) ? new GitHubEvent.Ignored("no mention")
            : IsQuotedCommand(visible, bare) ? QuotedCommand
            : new GitHubEvent.Spoken(place, by, AsCommand(bare), TimeOf(at), Mentioned: false);
    }

    // An indented line is code, although nothing is left of that when the words are trimmed.
    private static bool IsQuotedCommand(string visible, string words) =>
        words.StartsWith('/') && SpokenText.IsQuoted(visible, visible.IndexOf(FirstWord(words), StringComparison.Ordinal));

    private GitHubEvent Start(Payload payload)
    {
        if (payload.Issue is not { } issue || PlaceOf(payload, issue.Number) is not { Number: > 0 } place || SpeakerOf(payload) is not { } by)
        {
            return Nowhere;
        }

        if (issue.PullRequest is not null)
        {
            return new GitHubEvent.Ignored("a pull request begins no project");
        }

        var title = SpokenText.Visible(issue.Title).Trim();
        var idea = SpokenText.Visible(issue.Body).Trim();
        return new GitHubEvent.Started(place, by, title.Length > 0 ? title : $"Issue {issue.Number}", Cut($"{title}\n\n{idea}".Trim()), $"issue:{issue.Id}:{issue.UpdatedAt}");
    }

    private static GitHubEvent Closed(Payload payload) =>
        payload.Issue is not { } issue || PlaceOf(payload, issue.Number) is not { Number: > 0 } place || SpeakerOf(payload) is not { } by ? Nowhere
        : issue.StateReason == "not_planned" ? new GitHubEvent.Dropped(place, by)
        : new GitHubEvent.Ignored("closed as done, which stops nothing");

    private static GitHubEvent Pressed(Payload payload) =>
        PlaceOf(payload, 0) is { } place && SpeakerOf(payload) is { } by && payload is { CheckRun: { } run, RequestedAction.Identifier: { } action }
            ? new GitHubEvent.Pressed(place, by, run.Id, action)
            : Nowhere;

    private bool IsLabelled(IReadOnlyList<Label?>? labels) => labels?.Any(label => string.Equals(label?.Name, options.Value.Label, StringComparison.OrdinalIgnoreCase)) ?? false;

    // A person can be assigned only where they may work; our name in mentions is the login that we have there.
    private bool IsUs(User? user) => user?.Login is { } login && string.Equals($"@{login.Replace("[bot]", "", StringComparison.Ordinal)}", options.Value.Mention, StringComparison.OrdinalIgnoreCase);

    private static Place? PlaceOf(Payload payload, int number) => PlaceOf(payload, payload.Repository, number);

    private static Place? PlaceOf(Payload payload, Repository? repository, int number) =>
        repository is { Id: > 0, FullName: { } text } && RepositoryName.Parse(text) is { } name ? new Place(repository.Id, name, payload.Installation?.Id, number) : null;

    private static IReadOnlyList<Place> Places(Payload payload, IReadOnlyList<Repository>? repositories) =>
        [.. (repositories ?? []).Select(repository => PlaceOf(payload, repository, 0)).OfType<Place>()];

    private static Speaker? SpeakerOf(Payload payload) => payload.Sender is { Id: > 0, Login: { Length: > 0 } login } sender
        ? new Speaker(sender.Id, login.Replace("\0", "", StringComparison.Ordinal), sender.Type == "Bot" || login.EndsWith("[bot]", StringComparison.OrdinalIgnoreCase))
        : null;

    // The status is asked for so often in plain words that no model need be asked what is meant.
    private static string AsCommand(string words)
    {
        if (StatusQuestion().IsMatch(words))
        {
            return "/status";
        }

        var first = FirstWord(words);
        return first.StartsWith('/') ? $"{first.ToLowerInvariant()} {words[first.Length..].Trim()}".TrimEnd() : words;
    }

    private static string FirstWord(string text) => text[..(text.IndexOfAny([' ', '\t', '\r', '\n']) is var end and >= 0 ? end : text.Length)];

    private static string Cut(string text) => text.Length <= LongestText ? text : text[..(char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText)];

    private static DateTimeOffset? TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    [GeneratedRegex(@"\A((what(['’]s| is)|how is) )?(the |your |our )?status( (please|now))?[\s?!.]*\z", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex StatusQuestion();
}
