using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using TestKit.Http;

namespace TestKit.GitHub;

/// <summary>GitHub's REST API, as far as the app needs it: keeps repositories and their comments, and refuses what GitHub refuses.</summary>
public sealed class GitHubStandIn : StandIn
{
    private readonly ConcurrentDictionary<long, GitHubRepository> repositories = new();
    private readonly GitHubTokens tokens;
    private long last = RandomNumberGenerator.GetInt32(10_000_000, 900_000_000);

    public GitHubStandIn() => tokens = new GitHubTokens(this);

    /// <summary>The personal token that is accepted.</summary>
    public string AccessToken { get; } = "ghp_" + RandomNumberGenerator.GetHexString(36);

    public string WebhookSecret { get; } = RandomNumberGenerator.GetHexString(40, lowercase: true);

    /// <summary>The account behind the personal token, and the app's slug.</summary>
    public string OwnLogin { get; } = "orchestrator";

    /// <summary>The app that is registered here.</summary>
    public GitHubTokens Apps => tokens;

    /// <summary>The ranges that <c>/meta</c> names as sources of webhooks.</summary>
    public IList<string> HookRanges { get; } = ["192.30.252.0/22", "140.82.112.0/20", "2606:50c0::/32"];

    /// <summary>What the app's own hook has tried to deliver, newest last.</summary>
    public GitHubDeliveries Deliveries { get; } = new();

    public IEnumerable<GitHubRepository> Repositories => repositories.Values;

    /// <summary>Settings that join the app to this stand-in, with a personal token.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["GITHUB_API_BASE_URL"] = Address, ["GITHUB_ACCESS_TOKEN"] = AccessToken, ["GITHUB_WEBHOOK_SECRET"] = WebhookSecret,
    };

    /// <summary>The same as an app instead.</summary>
    public IReadOnlyDictionary<string, string> AppEnvironment => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["GITHUB_API_BASE_URL"] = Address, ["GITHUB_ACCESS_TOKEN"] = "", ["GITHUB_APP_ID"] = tokens.AppId.ToString(CultureInfo.InvariantCulture), ["GITHUB_APP_PRIVATE_KEY"] = tokens.PrivateKey, ["GITHUB_WEBHOOK_SECRET"] = WebhookSecret,
    };

    /// <summary>The repository of this name, made when there is none.</summary>
    public GitHubRepository AddRepository(string fullName)
    {
        if (repositories.Values.FirstOrDefault(known => string.Equals(known.FullName, fullName, StringComparison.OrdinalIgnoreCase)) is { } there)
        {
            return there;
        }

        var repository = new GitHubRepository(NextId(), fullName);
        repositories[repository.Id] = repository;
        return repository;
    }

    /// <summary>A repository that goes on from where another stand-in's stands, in place of one of its name.</summary>
    public GitHubRepository AddRepository(GitHubRepository like)
    {
        Remove(AddRepository(like.FullName));
        return repositories[like.Id] = like.Copy();
    }

    /// <summary>The repository has another name from now on; its old one answers with a redirect, as GitHub's does.</summary>
    public void Rename(GitHubRepository repository, string fullName)
    {
        repository.OldNames.Add(repository.FullName);
        repository.FullName = fullName;
    }

    public void Remove(GitHubRepository repository) => repositories.TryRemove(repository.Id, out _);

    internal long NextId() => Interlocked.Increment(ref last);

    internal static Task WriteAsync(HttpContext context, int status, JsonNode? body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers["X-RateLimit-Remaining"] = "4999";
        return context.Response.WriteAsync(body?.ToJsonString() ?? "");
    }

    internal static Task RefuseAsync(HttpContext context, int status, string message) =>
        WriteAsync(context, status, new JsonObject { ["message"] = message, ["documentation_url"] = "https://docs.github.com/rest", ["status"] = status.ToString(CultureInfo.InvariantCulture) });

    internal static async Task<JsonObject> BodyAsync(HttpContext context) => await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) as JsonObject ?? [];

    protected override void Map(IEndpointRouteBuilder routes)
    {
        tokens.Map(routes);
        Deliveries.Map(routes, tokens);
        routes.MapGet("/meta", context => WriteAsync(context, 200, new JsonObject { ["hooks"] = new JsonArray([.. HookRanges.Select(range => JsonValue.Create(range))]) }));
        routes.MapGet("/user", context => tokens.IsPersonal(context) ? WriteAsync(context, 200, new JsonObject { ["id"] = 424242, ["login"] = OwnLogin, ["type"] = "User" }) : RefuseAsync(context, 401, "Bad credentials"));
        routes.MapGet("/repositories/{id:long}", (HttpContext context, long id) => repositories.TryGetValue(id, out var found) ? WriteAsync(context, 200, found.ToJson()) : NotFoundAsync(context));
        routes.MapPost("/repos/{owner}/{template}/generate", GenerateAsync);
        GitHubRepositoryApi.Map(routes, this);
    }

    protected override Task NotFoundAsync(HttpContext context) => RefuseAsync(context, 404, "Not Found");

    /// <summary>Answers for the repository of this name when the caller may see it: a redirect for an old name, 404 for none.</summary>
    internal async Task InRepositoryAsync(HttpContext context, string owner, string name, Func<GitHubRepository, Task> answer)
    {
        var asked = $"{owner}/{name}";
        if (!tokens.IsKnown(context))
        {
            await RefuseAsync(context, 401, "Bad credentials");
        }
        else if (repositories.Values.FirstOrDefault(repository => string.Equals(repository.FullName, asked, StringComparison.OrdinalIgnoreCase)) is { } found)
        {
            await (tokens.MaySee(context, found) ? answer(found) : NotFoundAsync(context));
        }
        else if (repositories.Values.FirstOrDefault(repository => repository.OldNames.Contains(asked, StringComparer.OrdinalIgnoreCase)) is { } moved)
        {
            var rest = context.Request.Path.Value!.Split('/', 5) is { Length: 5 } parts ? "/" + parts[4] : "";
            context.Response.Headers.Location = $"{Address}/repositories/{moved.Id}{rest}";
            await RefuseAsync(context, 301, "Moved Permanently");
        }
        else
        {
            await NotFoundAsync(context);
        }
    }

    private async Task GenerateAsync(HttpContext context, string owner, string template) => await InRepositoryAsync(context, owner, template, async found =>
    {
        var order = await BodyAsync(context);
        var wanted = $"{order["owner"]?.GetValue<string>() ?? OwnLogin}/{order["name"]?.GetValue<string>()}";
        if (!found.IsTemplate)
        {
            await NotFoundAsync(context);
        }
        else if (!tokens.Grants(context, "administration", "write"))
        {
            await RefuseAsync(context, 403, "Resource not accessible by integration");
        }
        else if (!tokens.Grants(context, "contents", "read"))
        {
            await RefuseAsync(context, 422, "Could not clone: template repository not found");
        }
        else if (repositories.Values.Any(repository => string.Equals(repository.FullName, wanted, StringComparison.OrdinalIgnoreCase)))
        {
            await RefuseAsync(context, 422, "Could not clone: Name already exists on this account");
        }
        else
        {
            var made = AddRepository(wanted);
            made.Template = found.FullName;
            made.InstallationId = tokens.IsInstalledEverywhere ? found.InstallationId : 0;
            made.IsPrivate = order["private"]?.GetValue<bool>() ?? false;
            await WriteAsync(context, 201, made.ToJson());
        }
    });
}
