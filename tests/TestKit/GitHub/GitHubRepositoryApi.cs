using System.Globalization;
using System.Text.Json.Nodes;

namespace TestKit.GitHub;

/// <summary>What is below <c>/repos/{owner}/{name}</c>.</summary>
internal static class GitHubRepositoryApi
{
    private const int PageSize = 100;

    public static void Map(IEndpointRouteBuilder routes, GitHubStandIn github)
    {
        var repository = routes.MapGroup("/repos/{owner}/{name}");
        repository.MapGet("", (HttpContext context, string owner, string name) => github.InRepositoryAsync(context, owner, name, found => GitHubStandIn.WriteAsync(context, 200, found.ToJson())));
        repository.MapGet("/installation", (HttpContext context, string owner, string name) => github.Apps.InstallationAsync(context, $"{owner}/{name}"));
        repository.MapGet("/collaborators/{login}/permission", (HttpContext context, string owner, string name, string login) => github.InRepositoryAsync(context, owner, name, found =>
        {
            var level = found.Permissions.GetValueOrDefault(login, "read");
            return level == "unknown"
                ? GitHubStandIn.RefuseAsync(context, 404, "Not Found")
                // The older field knows four levels; the newer one has the role's own name.
                : GitHubStandIn.WriteAsync(context, 200, new JsonObject { ["permission"] = level is "maintain" ? "write" : level is "triage" ? "read" : level, ["role_name"] = level, ["user"] = new JsonObject { ["login"] = login } });
        }));
        repository.MapGet("/issues", (HttpContext context, string owner, string name) => github.InRepositoryAsync(context, owner, name, found =>
            GitHubStandIn.WriteAsync(context, 200, new JsonArray([.. found.Issues.Values.OrderByDescending(issue => issue.Number).Take(PageSize).Select(issue => issue.ToJson())]))));
        repository.MapPost("/issues", (HttpContext context, string owner, string name) => github.InRepositoryAsync(context, owner, name, async found =>
        {
            var order = await GitHubStandIn.BodyAsync(context);
            var issue = new ShownIssue(100 + found.Issues.Count, order["title"]?.GetValue<string>() ?? "", order["body"]?.GetValue<string>() ?? "");
            await (found.IsArchived ? GitHubStandIn.RefuseAsync(context, 403, "Repository was archived so is read-only.")
                : issue.Title.Length == 0 || !found.Issues.TryAdd(issue.Number, issue) ? GitHubStandIn.RefuseAsync(context, 422, "Validation Failed")
                : GitHubStandIn.WriteAsync(context, 201, issue.ToJson()));
        }));
        MapComments(repository, github);
        MapChecks(repository, github);
    }

    private static void MapComments(RouteGroupBuilder repository, GitHubStandIn github)
    {
        repository.MapGet("/issues/{number:int}/comments", (HttpContext context, string owner, string name, int number) => github.InRepositoryAsync(context, owner, name, found =>
        {
            var since = DateTimeOffset.TryParse(context.Request.Query["since"], CultureInfo.InvariantCulture, out var from) ? from : DateTimeOffset.MinValue;
            var page = int.TryParse(context.Request.Query["page"], CultureInfo.InvariantCulture, out var given) ? given : 1;
            var size = int.TryParse(context.Request.Query["per_page"], CultureInfo.InvariantCulture, out var asked) ? Math.Min(asked, PageSize) : 30;
            var matching = found.CommentsOf(number).Where(comment => comment.At >= since).ToList();
            if (matching.Count > page * size)
            {
                context.Response.Headers["Link"] = $"<{github.Address}/repositories/{found.Id}/issues/{number}/comments?per_page={size}&since={since:O}&page={page + 1}>; rel=\"next\"";
            }

            return GitHubStandIn.WriteAsync(context, 200, new JsonArray([.. matching.Skip((page - 1) * size).Take(size).Select(comment => comment.ToJson())]));
        }));
        repository.MapPost("/issues/{number:int}/comments", (HttpContext context, string owner, string name, int number) => github.InRepositoryAsync(context, owner, name, async found =>
        {
            var body = (await GitHubStandIn.BodyAsync(context))["body"]?.GetValue<string>() ?? "";
            if (found.Locked.Contains(number))
            {
                await GitHubStandIn.RefuseAsync(context, 403, "Unable to create comment because issue is locked.");
            }
            else if (body.Length is 0 or > 65_536)
            {
                await GitHubStandIn.RefuseAsync(context, 422, body.Length == 0 ? "Validation Failed" : "Body is too long (maximum is 65536 characters)");
            }
            else
            {
                var comment = found.Add(new ShownComment(github.NextId(), number, github.Apps.LoginOf(context), body, TimeProvider.System.GetUtcNow()));
                github.Changes.Pulse();
                await GitHubStandIn.WriteAsync(context, 201, comment.ToJson());
                found.OnComment?.Invoke(comment);
            }
        }));
        repository.MapPatch("/issues/comments/{id:long}", (HttpContext context, string owner, string name, long id) => github.InRepositoryAsync(context, owner, name, async found =>
        {
            var body = (await GitHubStandIn.BodyAsync(context))["body"]?.GetValue<string>() ?? "";
            var edited = found.Edit(id, body, TimeProvider.System.GetUtcNow());
            github.Changes.Pulse();
            await (edited is null ? GitHubStandIn.RefuseAsync(context, 404, "Not Found") : GitHubStandIn.WriteAsync(context, 200, edited.ToJson()));
        }));
    }

    private static void MapChecks(RouteGroupBuilder repository, GitHubStandIn github)
    {
        repository.MapGet("/pulls/{number:int}", (HttpContext context, string owner, string name, int number) => github.InRepositoryAsync(context, owner, name, found =>
            found.PullRequests.TryGetValue(number, out var sha)
                ? GitHubStandIn.WriteAsync(context, 200, new JsonObject { ["number"] = number, ["state"] = "open", ["head"] = new JsonObject { ["sha"] = sha, ["ref"] = "feature" } })
                : GitHubStandIn.RefuseAsync(context, 404, "Not Found")));
        repository.MapGet("/commits/{sha}/check-runs", (HttpContext context, string owner, string name, string sha) => github.InRepositoryAsync(context, owner, name, found =>
        {
            var runs = found.Checks.Where(check => check.HeadSha == sha).Select(ToJson).ToArray();
            return GitHubStandIn.WriteAsync(context, 200, new JsonObject { ["total_count"] = runs.Length, ["check_runs"] = new JsonArray([.. runs]) });
        }));
        repository.MapPost("/check-runs", (HttpContext context, string owner, string name) => github.InRepositoryAsync(context, owner, name, found => ShowAsync(context, github, found, github.NextId(), 201)));
        repository.MapPatch("/check-runs/{id:long}", (HttpContext context, string owner, string name, long id) => github.InRepositoryAsync(context, owner, name, found => ShowAsync(context, github, found, id, 200)));
    }

    private static async Task ShowAsync(HttpContext context, GitHubStandIn github, GitHubRepository found, long id, int status)
    {
        if (!github.Apps.IsInstallation(context))
        {
            await GitHubStandIn.RefuseAsync(context, 403, "You must authenticate via a GitHub App.");
            return;
        }

        var order = await GitHubStandIn.BodyAsync(context);
        var before = found.Checks.FirstOrDefault(check => check.Id == id);
        var actions = order["actions"] as JsonArray ?? [];
        if ((status == 200 && before is null) || actions.Count > 3 ||
            actions.Any(action => Length(action!["label"]) is 0 or > 20 || Length(action["identifier"]) is 0 or > 20 || Length(action["description"]) is 0 or > 40) || (status == 201 && order["head_sha"] is null))
        {
            await GitHubStandIn.RefuseAsync(context, before is null && status == 200 ? 404 : 422, "Validation Failed");
            return;
        }

        var check = new ShownCheck(
            id, order["name"]?.GetValue<string>() ?? before?.Name ?? "", order["head_sha"]?.GetValue<string>() ?? before!.HeadSha, order["external_id"]?.GetValue<string>() ?? before?.ExternalId,
            order["conclusion"]?.GetValue<string>() ?? "", order["output"]?["title"]?.GetValue<string>() ?? "", order["output"]?["summary"]?.GetValue<string>() ?? "",
            [.. actions.Select(action => action!["identifier"]!.GetValue<string>())]);
        found.Show(check);
        github.Changes.Pulse();
        await GitHubStandIn.WriteAsync(context, status, ToJson(check));
    }

    private static int Length(JsonNode? text) => text?.GetValue<string>().Length ?? 0;

    private static JsonObject ToJson(ShownCheck check) => new() { ["id"] = check.Id, ["name"] = check.Name, ["head_sha"] = check.HeadSha, ["external_id"] = check.ExternalId, ["status"] = "completed", ["conclusion"] = check.Conclusion };
}
