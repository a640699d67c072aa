using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace TestKit.GitHub;

/// <summary>A comment as people see it on the page.</summary>
public sealed record ShownComment(long Id, int Number, string Author, string Body, DateTimeOffset At)
{
    /// <summary>How often it was changed after it was written.</summary>
    public int Edits { get; init; }

    /// <summary>What a reader sees: no HTML comments.</summary>
    public string Text => System.Text.RegularExpressions.Regex.Replace(Body, "<!--.*?-->", "", System.Text.RegularExpressions.RegexOptions.Singleline, TimeSpan.FromSeconds(1)).Trim();

    internal JsonObject ToJson() => new()
    {
        ["id"] = Id, ["node_id"] = $"IC_{Id}", ["body"] = Body, ["created_at"] = Time(At), ["updated_at"] = Time(At),
        ["user"] = new JsonObject { ["login"] = Author, ["id"] = 424242, ["type"] = Author.EndsWith("[bot]", StringComparison.Ordinal) ? "Bot" : "User" }, ["author_association"] = "NONE",
    };

    internal static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>An issue as the page shows it.</summary>
public sealed record ShownIssue(int Number, string Title, string Body)
{
    internal JsonObject ToJson() => new() { ["id"] = 700_000 + Number, ["number"] = Number, ["title"] = Title, ["body"] = Body, ["state"] = "open" };
}

/// <summary>A check run as the pull request shows it.</summary>
public sealed record ShownCheck(long Id, string Name, string HeadSha, string? ExternalId, string Conclusion, string Title, string Summary, IReadOnlyList<string> Actions);

/// <summary>A repository: its people, comments, pull requests and check runs.</summary>
public sealed class GitHubRepository(long id, string fullName)
{
    private readonly Lock gate = new();
    private readonly List<ShownComment> comments = [];
    private readonly List<ShownCheck> checks = [];

    public long Id => id;

    public string FullName { get; set; } = fullName;

    public IList<string> OldNames { get; } = [];

    public bool IsTemplate { get; set; }

    /// <summary>The template that it was made from.</summary>
    public string? Template { get; set; }

    public bool IsPrivate { get; set; }

    /// <summary>The app's installation there; 0: not installed.</summary>
    public long InstallationId { get; set; } = 990_001;

    /// <summary>Who may do what: login to admin, write, read or none. Whoever is not named reads.</summary>
    public ConcurrentDictionary<string, string> Permissions { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The head commits of its pull requests.</summary>
    public ConcurrentDictionary<int, string> PullRequests { get; } = new();

    /// <summary>Issues that were opened through the API, by number.</summary>
    public ConcurrentDictionary<int, ShownIssue> Issues { get; } = new();

    public bool IsArchived { get; set; }

    /// <summary>Whether the token may push there.</summary>
    public bool MayPush { get; set; } = true;

    /// <summary>Told of every comment that is written through the API.</summary>
    public Action<ShownComment>? OnComment { get; set; }

    /// <summary>Issues in which nobody may comment.</summary>
    public ISet<int> Locked { get; } = new HashSet<int>();

    public IReadOnlyList<ShownComment> Comments
    {
        get
        {
            lock (gate)
            {
                return [.. comments];
            }
        }
    }

    public IReadOnlyList<ShownCheck> Checks
    {
        get
        {
            lock (gate)
            {
                return [.. checks];
            }
        }
    }

    public IReadOnlyList<ShownComment> CommentsOf(int number) => [.. Comments.Where(comment => comment.Number == number)];

    internal GitHubRepository Copy()
    {
        var copy = new GitHubRepository(id, FullName) { InstallationId = InstallationId };
        copy.comments.AddRange(Comments);
        copy.checks.AddRange(Checks);
        foreach (var (login, level) in Permissions)
        {
            copy.Permissions[login] = level;
        }

        return copy;
    }

    internal ShownComment Add(ShownComment comment)
    {
        lock (gate)
        {
            comments.Add(comment);
        }

        return comment;
    }

    internal ShownComment? Edit(long commentId, string body, DateTimeOffset at)
    {
        lock (gate)
        {
            var index = comments.FindIndex(comment => comment.Id == commentId);
            return index < 0 ? null : comments[index] = comments[index] with { Body = body, At = at, Edits = comments[index].Edits + 1 };
        }
    }

    internal void Show(ShownCheck check)
    {
        lock (gate)
        {
            checks.RemoveAll(known => known.Id == check.Id);
            checks.Add(check);
        }
    }

    internal JsonObject ToJson() => new()
    {
        ["id"] = Id, ["name"] = FullName.Split('/')[1], ["full_name"] = FullName, ["template_repository"] = Template is null ? null : new JsonObject { ["full_name"] = Template }, ["private"] = IsPrivate, ["archived"] = IsArchived, ["owner"] = new JsonObject { ["login"] = FullName.Split('/')[0], ["id"] = 7, ["type"] = "Organization" },
        ["html_url"] = $"https://github.com/{FullName}", ["permissions"] = new JsonObject { ["pull"] = true, ["push"] = MayPush, ["admin"] = false },
    };
}
