using System.Globalization;
using System.Text.Json.Nodes;

namespace TestKit.GitHub;

/// <summary>One attempt of the hook to deliver something.</summary>
public sealed record HookDelivery(long Id, string Guid, string Event, DateTimeOffset At, int StatusCode, bool Redelivery)
{
    internal JsonObject ToJson() => new()
    {
        ["id"] = Id, ["guid"] = Guid, ["delivered_at"] = ShownComment.Time(At), ["redelivery"] = Redelivery, ["duration"] = 0.2, ["status"] = StatusCode is >= 200 and < 300 ? "OK" : "failed",
        ["status_code"] = StatusCode, ["event"] = Event, ["action"] = null,
    };
}

/// <summary>The hook's list of deliveries and what was asked to be delivered again.</summary>
public sealed class GitHubDeliveries
{
    private readonly Lock gate = new();
    private readonly List<HookDelivery> attempts = [];
    private readonly List<long> asked = [];

    /// <summary>Carried out when a delivery is asked for again: the number of the attempt.</summary>
    public Func<long, Task>? OnRedelivery { get; set; }

    /// <summary>The attempts that were asked for again.</summary>
    public IReadOnlyList<long> Asked
    {
        get
        {
            lock (gate)
            {
                return [.. asked];
            }
        }
    }

    public void Add(HookDelivery attempt)
    {
        lock (gate)
        {
            attempts.Insert(0, attempt);
        }
    }

    internal void Map(IEndpointRouteBuilder routes, GitHubTokens tokens)
    {
        routes.MapGet("/app/hook/deliveries", context => tokens.IsApp(context) ? ListAsync(context) : GitHubStandIn.RefuseAsync(context, 401, "A JSON web token could not be decoded"));
        routes.MapPost("/app/hook/deliveries/{id:long}/attempts", (HttpContext context, long id) => tokens.IsApp(context) ? RedeliverAsync(context, id) : GitHubStandIn.RefuseAsync(context, 401, "A JSON web token could not be decoded"));
        routes.MapGet("/repos/{owner}/{name}/hooks", (HttpContext context, string owner, string name) =>
            GitHubStandIn.WriteAsync(context, 200, new JsonArray(new JsonObject { ["id"] = 77, ["active"] = true, ["config"] = new JsonObject { ["url"] = "https://orchestrator.example.org/webhooks/github" } })));
        routes.MapGet("/repos/{owner}/{name}/hooks/77/deliveries", (HttpContext context) => tokens.IsKnown(context) ? ListAsync(context) : GitHubStandIn.RefuseAsync(context, 401, "Bad credentials"));
        routes.MapPost("/repos/{owner}/{name}/hooks/77/deliveries/{id:long}/attempts", (HttpContext context, long id) => tokens.IsKnown(context) ? RedeliverAsync(context, id) : GitHubStandIn.RefuseAsync(context, 401, "Bad credentials"));
    }

    private Task ListAsync(HttpContext context)
    {
        var after = long.TryParse(context.Request.Query["cursor"].ToString().Replace("v1_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var cursor) ? cursor : long.MaxValue;
        List<HookDelivery> page;
        lock (gate)
        {
            page = [.. attempts.Where(attempt => attempt.Id < after).OrderByDescending(attempt => attempt.Id).Take(100)];
        }

        if (page.Count == 100)
        {
            context.Response.Headers["Link"] = $"<{context.Request.Scheme}://{context.Request.Host}{context.Request.Path}?per_page=100&cursor=v1_{page[^1].Id}>; rel=\"next\"";
        }

        return GitHubStandIn.WriteAsync(context, 200, new JsonArray([.. page.Select(attempt => attempt.ToJson())]));
    }

    private async Task RedeliverAsync(HttpContext context, long id)
    {
        lock (gate)
        {
            asked.Add(id);
        }

        if (OnRedelivery is { } carryOut)
        {
            await carryOut(id);
        }

        await GitHubStandIn.WriteAsync(context, 202, new JsonObject());
    }
}
