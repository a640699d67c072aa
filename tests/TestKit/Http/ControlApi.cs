using System.Text.Json.Nodes;

namespace TestKit.Http;

/// <summary>What every stand-in can be told over HTTP, for other processes and other languages: POST /control/{what}.</summary>
internal static class ControlApi
{
    public static void Map(IEndpointRouteBuilder routes, StandIn standIn)
    {
        routes.MapGet("/control/calls", () => standIn.Calls);
        routes.MapGet("/control/unexpected", () => standIn.Unexpected);
        routes.MapPost("/control/hold", (string? on) => standIn.Trouble.Hold(on));
        routes.MapPost("/control/release", () => standIn.Trouble.Release());
        routes.MapPost("/control/end", () => standIn.Trouble.End());
        routes.MapPost("/control/delay", (int milliseconds, string? on) => standIn.Trouble.Delay(TimeSpan.FromMilliseconds(milliseconds), on));
        routes.MapPost("/control/fail", async (HttpRequest request) =>
        {
            var order = await JsonNode.ParseAsync(request.Body) as JsonObject ?? [];
            standIn.Trouble.Fail(
                order["next"]?.GetValue<int>() ?? 1, order["status"]?.GetValue<int>() ?? 500, order["body"]?.GetValue<string>() ?? "", order["on"]?.GetValue<string>(),
                order["contentType"]?.GetValue<string>() ?? "application/json", order["retryAfter"]?.GetValue<int>());
        });
    }
}
