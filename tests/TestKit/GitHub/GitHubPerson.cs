using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace TestKit.GitHub;

/// <summary>What the app's webhook answered.</summary>
public sealed record HookAnswer(int Status, string Body);

/// <summary>A person with an account: opens issues, labels them, comments, presses buttons of check runs. GitHub delivers that to the app, signed.</summary>
public sealed class GitHubPerson(GitHubStandIn github, GitHubRepository repository, Uri app, string login = "ada", long id = 5001, string type = "User") : IDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };

    public string Login => login;

    /// <summary>Whether the hook is an app's, whose payloads name the installation.</summary>
    public bool ByApp { get; init; }

    public Task<HookAnswer> CommentAsync(int number, string body) => DeliverAsync("issue_comment", CommentPayload(number, body));

    public JsonObject CommentPayload(int number, string? body)
    {
        var now = ShownComment.Time(TimeProvider.System.GetUtcNow());
        var payload = Payload("created");
        payload["issue"] = Issue(number, "An issue", "", "");
        payload["comment"] = new JsonObject { ["id"] = github.NextId(), ["body"] = body, ["user"] = Me(), ["created_at"] = now, ["updated_at"] = now, ["author_association"] = "NONE" };
        return payload;
    }

    /// <summary>Opens an issue; with labels, GitHub tells of it once more for each label.</summary>
    public async Task OpenAsync(int number, string title, string body, params string[] labels)
    {
        var opened = Payload("opened");
        opened["issue"] = Issue(number, title, body, string.Join(',', labels));
        await DeliverAsync("issues", opened);
        foreach (var label in labels)
        {
            await LabelAsync(number, title, body, label);
        }
    }

    public Task<HookAnswer> LabelAsync(int number, string title, string body, string label)
    {
        var labelled = Payload("labeled");
        labelled["issue"] = Issue(number, title, body, label);
        labelled["label"] = new JsonObject { ["id"] = 1, ["name"] = label };
        return DeliverAsync("issues", labelled);
    }

    public Task<HookAnswer> CloseAsync(int number, string reason)
    {
        var closed = Payload("closed");
        closed["issue"] = Issue(number, "An issue", "", "");
        closed["issue"]!["state_reason"] = reason;
        return DeliverAsync("issues", closed);
    }

    /// <summary>Reviews a pull request as it is now, or as it was at another commit.</summary>
    public Task<HookAnswer> ReviewAsync(int number, string state, string body, string? commit = null) => DeliverAsync("pull_request_review", ReviewPayload("submitted", number, state, body, commit));

    public JsonObject ReviewPayload(string action, int number, string state, string body, string? commit = null)
    {
        var head = repository.PullRequests.GetValueOrDefault(number, new string('0', 40));
        var now = ShownComment.Time(TimeProvider.System.GetUtcNow());
        var payload = Payload(action);
        payload["pull_request"] = new JsonObject { ["id"] = repository.Id + number, ["number"] = number, ["title"] = "The work", ["state"] = "open", ["updated_at"] = now, ["head"] = new JsonObject { ["sha"] = head, ["ref"] = "feature" } };
        payload["review"] = new JsonObject { ["id"] = github.NextId(), ["body"] = body, ["state"] = state, ["commit_id"] = commit ?? head, ["submitted_at"] = now, ["user"] = Me() };
        return payload;
    }

    /// <summary>Presses a button of a check run.</summary>
    public Task<HookAnswer> PressAsync(ShownCheck check, string action)
    {
        var pressed = Payload("requested_action");
        pressed["check_run"] = new JsonObject { ["id"] = check.Id, ["name"] = check.Name, ["head_sha"] = check.HeadSha, ["external_id"] = check.ExternalId, ["pull_requests"] = new JsonArray() };
        pressed["requested_action"] = new JsonObject { ["identifier"] = action };
        return DeliverAsync("check_run", pressed);
    }

    public JsonObject Payload(string action)
    {
        var payload = new JsonObject { ["action"] = action, ["repository"] = repository.ToJson(), ["sender"] = Me() };
        if (ByApp)
        {
            payload["installation"] = new JsonObject { ["id"] = repository.InstallationId };
        }

        return payload;
    }

    /// <summary>Delivers as GitHub does.</summary>
    public Task<HookAnswer> DeliverAsync(string name, JsonObject payload, string? guid = null) => PostAsync(name, Encoding.UTF8.GetBytes(payload.ToJsonString()), guid);

    /// <summary>Posts any bytes, by default with a right signature.</summary>
    /// <param name="name">The event.</param>
    /// <param name="body">The raw body.</param>
    /// <param name="guid">Null: a new one.</param>
    /// <param name="signature">Null: the right one; empty: no header.</param>
    /// <param name="type">The content type.</param>
    /// <param name="path">The path.</param>
    /// <param name="chunked">Whether the length is not announced.</param>
    public async Task<HookAnswer> PostAsync(string name, byte[] body, string? guid = null, string? signature = null, string? type = "application/json", string path = "/webhooks/github", bool chunked = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app, path)) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        request.Headers.TryAddWithoutValidation("X-GitHub-Event", name);
        request.Headers.TryAddWithoutValidation("X-GitHub-Delivery", guid ?? System.Guid.NewGuid().ToString());
        request.Headers.TryAddWithoutValidation("User-Agent", "GitHub-Hookshot/044aadd");
        // A server may refuse a large body by its length and close while it is still being sent; whoever asks first hears the refusal.
        request.Headers.ExpectContinue = body.Length > 1024 * 1024;
        if ((signature ?? Sign(body, github.WebhookSecret)) is { Length: > 0 } header)
        {
            request.Headers.TryAddWithoutValidation("X-Hub-Signature-256", header);
        }

        using var response = await http.SendAsync(request);
        return new HookAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public static string Sign(byte[] body, string secret) => "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));

    /// <summary>Waits until an issue shows a comment of the app with this text, and returns the newest such.</summary>
    public async Task<ShownComment> WaitForAsync(int number, string text, TimeSpan? deadline = null)
    {
        ShownComment? found = null;
        await github.Changes.UntilAsync(
            () => (found = repository.CommentsOf(number).LastOrDefault(comment => comment.Text.Contains(text, StringComparison.OrdinalIgnoreCase))) is not null,
            $"a comment with “{text}”", deadline, () => string.Join("\n---\n", repository.CommentsOf(number).Select(comment => comment.Text)));
        return found!;
    }

    public void Dispose() => http.Dispose();

    private JsonObject Me() => new() { ["login"] = login, ["id"] = id, ["type"] = type };

    private JsonObject Issue(int number, string title, string body, string labels) => new()
    {
        ["id"] = repository.Id + number, ["number"] = number, ["title"] = title, ["body"] = body, ["state"] = "open", ["user"] = Me(), ["updated_at"] = ShownComment.Time(TimeProvider.System.GetUtcNow()),
        ["labels"] = new JsonArray([.. labels.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(label => new JsonObject { ["id"] = 1, ["name"] = label })]),
    };
}
