using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TestKit.GitHub;

/// <summary>A command that the agent was given in a comment.</summary>
public sealed record AgentOrder(int Number, string Name, string Nonce, string Body);

/// <summary>
/// The coding agent as an account of its own: it takes a comment that mentions it for a command, says that it has begun, and ends with a
/// comment that holds the line it was asked for. Building opens a pull request. GitHub delivers all of it to the app.
/// </summary>
public sealed partial class GitHubAgent : IDisposable
{
    private readonly GitHubStandIn github;
    private readonly GitHubRepository repository;
    private readonly GitHubPerson account;
    private readonly ConcurrentQueue<AgentOrder> orders = new();
    private volatile TaskCompletionSource? held;
    private int pulls = 200;

    public GitHubAgent(GitHubStandIn github, GitHubRepository repository, Uri app, string login = "scar-agent")
    {
        (this.github, this.repository) = (github, repository);
        account = new GitHubPerson(github, repository, app, login, 70_007);
        repository.OnComment = comment => _ = Task.Run(() => TakeAsync(comment));
    }

    public string Login => account.Login;

    /// <summary>What it was told to do, in order.</summary>
    public IReadOnlyList<AgentOrder> Orders => [.. orders];

    /// <summary>Whether it says nothing at all.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Begins and does not end until <see cref="Release"/>.</summary>
    public void Hold() => held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release()
    {
        held?.TrySetResult();
        held = null;
    }

    /// <summary>Writes a comment and has it delivered.</summary>
    /// <param name="number">The issue.</param>
    /// <param name="body">The text.</param>
    /// <param name="deliver">False: the delivery is lost.</param>
    public async Task<ShownComment> SayAsync(int number, string body, bool deliver = true)
    {
        var comment = repository.Add(new ShownComment(github.NextId(), number, account.Login, body, TimeProvider.System.GetUtcNow()));
        github.Changes.Pulse();
        if (deliver)
        {
            await DeliverAsync("created", comment);
        }

        return comment;
    }

    /// <summary>Changes a comment of its own and has that delivered.</summary>
    public Task EditAsync(ShownComment comment, string body) => DeliverAsync("edited", repository.Edit(comment.Id, body, TimeProvider.System.GetUtcNow())!);

    /// <summary>Opens a pull request and has that delivered.</summary>
    public async Task<string> OpenAsync(string title, string body, string branch)
    {
        var number = Interlocked.Increment(ref pulls);
        var url = $"https://github.com/{repository.FullName}/pull/{number}";
        var sha = number.ToString("x40", CultureInfo.InvariantCulture);
        repository.PullRequests[number] = sha;
        var payload = account.Payload("opened");
        var now = ShownComment.Time(TimeProvider.System.GetUtcNow());
        payload["pull_request"] = new JsonObject
        {
            ["id"] = github.NextId(), ["number"] = number, ["title"] = title, ["body"] = body, ["html_url"] = url, ["state"] = "open", ["merged"] = false, ["created_at"] = now, ["updated_at"] = now,
            ["head"] = new JsonObject { ["ref"] = branch, ["sha"] = sha },
        };
        await account.DeliverAsync("pull_request", payload);
        return url;
    }

    public void Dispose()
    {
        Release();
        repository.OnComment = null;
        account.Dispose();
    }

    private async Task TakeAsync(ShownComment comment)
    {
        var match = Command().Match(comment.Body.Split('\n')[0]);
        if (!match.Success || !string.Equals(match.Groups["login"].Value, account.Login, StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        var order = new AgentOrder(comment.Number, match.Groups["name"].Value, match.Groups["nonce"].Value, comment.Body);
        orders.Enqueue(order);
        github.Changes.Pulse();
        if (!IsSilent)
        {
            await SayAsync(order.Number, "The agent is on the case...");
            await (held?.Task ?? Task.CompletedTask);
            await WorkAsync(order);
        }
    }

    private async Task WorkAsync(AgentOrder order)
    {
        var opened = order.Name == "execute-github" ? await OpenAsync("The work", $"Closes #{order.Number}", $"issue-{order.Number}") : null;
        var report = order.Name switch
        {
            "plan-feature-github" => "# Plan\n\n1. Build it\n2. Test it\n\nBranch: feature/plan",
            "validate" => "All tests pass.",
            _ => $"Done: {order.Name}.",
        };
        await SayAsync(order.Number, $"{report}{(opened is null ? "" : $"\n\nPull request: {opened}")}\n\nRESULT {order.Nonce} SUCCESS");
    }

    private async Task DeliverAsync(string action, ShownComment comment)
    {
        var payload = account.CommentPayload(comment.Number, comment.Body);
        payload["action"] = action;
        payload["comment"]!["id"] = comment.Id;
        payload["comment"]!["created_at"] = ShownComment.Time(comment.At);
        payload["comment"]!["updated_at"] = ShownComment.Time(comment.At);
        await account.DeliverAsync("issue_comment", payload);
    }

    [GeneratedRegex(@"\A@(?<login>[a-z0-9-]+)[\s,:;]+/command-invoke (?<name>\S+) .*RESULT (?<nonce>[0-9a-f]+) SUCCESS", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Command();
}
