using System.CommandLine;
using System.Net;
using System.Text.Json;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.GitHub.Webhook;

namespace OrchestratorFunctions.GitHub;

/// <summary><c>github manifest|convert|deliveries|replay</c>: setting the app up, and what an operator does with deliveries.</summary>
internal static class GitHubVerbs
{
    private static readonly string[] Statuses = ["OPEN", "DONE", "IGNORED", "PARKED"];

    public static Command Create(Func<Func<IServiceProvider, Task<int>>, Task<int>> run) =>
        new("github", "GitHub: the app's set-up, and what was delivered.") { Manifest(), Convert(run), Deliveries(run), Replay(run) };

    /// <summary>What the app is allowed and told: the least that works.</summary>
    /// <param name="url">Where this app is found.</param>
    /// <param name="createsRepositories">Whether it shall be able to make repositories (<c>/repo new</c>).</param>
    public static string ManifestOf(Uri url, bool createsRepositories = false) => JsonSerializer.Serialize(new
    {
        name = "Project Orchestrator",
        url = "https://github.com",
        hook_attributes = new { url = new Uri(url, "/webhooks/github").ToString(), active = true },
        redirect_url = new Uri(url, "/health").ToString(),
        @public = false,
        default_permissions = PermissionsOf(createsRepositories),
        default_events = new[] { "issues", "issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment", "check_run", "check_suite", "repository" },
    });

    private static Dictionary<string, string> PermissionsOf(bool createsRepositories)
    {
        var permissions = new Dictionary<string, string>(StringComparer.Ordinal) { ["issues"] = "write", ["pull_requests"] = "write", ["checks"] = "write", ["metadata"] = "read" };
        if (createsRepositories)
        {
            // The second is for the template.
            (permissions["administration"], permissions["contents"]) = ("write", "read");
        }

        return permissions;
    }

    private static Command Manifest()
    {
        var url = new Argument<string>("url") { Description = "The public address of this app, for example https://example.org." };
        var organization = new Option<string?>("--organization") { Description = "The organisation that shall own the app; without it, you." };
        var creates = new Option<bool>("--create-repositories") { Description = "Ask for what /repo new needs as well: administration: write, contents: read. Without it, the app can neither make repositories nor read code." };
        var manifest = new Command("manifest", "Print a page that registers the app on GitHub: save it, open it, press the button.") { url, organization, creates };
        manifest.SetAction(async (parsed, _) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
            {
                await Console.Error.WriteLineAsync("The address must begin with https://.");
                return 1;
            }

            var owner = parsed.GetValue(organization) is { } name ? $"organizations/{Uri.EscapeDataString(name)}/" : "";
            await Console.Out.WriteLineAsync(
                $"""
                <!doctype html><title>Project Orchestrator on GitHub</title>
                <form action="https://github.com/{owner}settings/apps/new" method="post">
                <input type="hidden" name="manifest" value="{WebUtility.HtmlEncode(ManifestOf(address, parsed.GetValue(creates)))}">
                <button>Register the app on GitHub</button></form>
                <p>GitHub then leads back to an address that ends in <code>?code=…</code>. Within an hour: <code>github convert CODE</code>.</p>
                """);
            return 0;
        });
        return manifest;
    }

    private static Command Convert(Func<Func<IServiceProvider, Task<int>>, Task<int>> run)
    {
        var code = new Argument<string>("code") { Description = "The code of the address to which GitHub led back." };
        var convert = new Command("convert", "Turn the code into the app's settings, and print them. They hold secrets.") { code };
        convert.SetAction((parsed, cancellationToken) => run(async services =>
        {
            try
            {
                var path = $"app-manifests/{Uri.EscapeDataString(parsed.GetValue(code)!)}/conversions";
                var app = (await services.GetRequiredService<GitHubHttp>().SendAsync<RegisteredApp>(HttpMethod.Post, path, null, null, cancellationToken)).Body;
                await Console.Out.WriteLineAsync(
                    $"GITHUB_APP_ID={app.Id}\nGITHUB_APP_PRIVATE_KEY={app.Pem.Trim().ReplaceLineEndings("\\n")}\nGITHUB_WEBHOOK_SECRET={app.WebhookSecret}\nGITHUB_MENTION=@{app.Slug}");
                return 0;
            }
            catch (GitHubException fault)
            {
                await Console.Error.WriteLineAsync($"GitHub: {fault.Message}");
                return 1;
            }
        }));
        return convert;
    }

    private static Command Deliveries(Func<Func<IServiceProvider, Task<int>>, Task<int>> run)
    {
        var status = new Option<string>("--status") { Description = "OPEN, DONE, IGNORED or PARKED.", DefaultValueFactory = _ => "IGNORED" };
        status.AcceptOnlyFromAmong(Statuses);
        var list = new Command("deliveries", "List what GitHub delivered, newest first, at most 100, with the reason when it was ignored.") { status };
        list.SetAction((parsed, cancellationToken) => run(async services =>
        {
            foreach (var row in await services.GetRequiredService<DeliveryStore>().ListAsync(parsed.GetValue(status)!, cancellationToken))
            {
                await Console.Out.WriteLineAsync($"{row.Id}  {row.Status}  {row.Event}.{row.Action}  {row.Queue}  {row.DeliveryId}  {row.ReceivedAt:yyyy-MM-ddTHH:mm:ssZ}{(row.Reason is null ? "" : $"  {row.Reason}")}");
            }

            return 0;
        }));
        return list;
    }

    private static Command Replay(Func<Func<IServiceProvider, Task<int>>, Task<int>> run)
    {
        var id = new Argument<long>("id") { Description = "The row's number, as github deliveries prints it." };
        var replay = new Command("replay", "Give a parked delivery another turn.") { id };
        replay.SetAction((parsed, cancellationToken) => run(async services =>
        {
            var done = await services.GetRequiredService<DeliveryStore>().ReplayAsync(parsed.GetValue(id), cancellationToken);
            await (done ? Console.Out.WriteLineAsync("replayed") : Console.Error.WriteLineAsync($"There is no such delivery, or it is not parked: {parsed.GetValue(id)}."));
            return done ? 0 : 1;
        }));
        return replay;
    }

    private sealed record RegisteredApp(long Id, string Slug, string Pem, string WebhookSecret);
}
