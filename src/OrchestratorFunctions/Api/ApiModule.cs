using System.Text.Json;
using OrchestratorFunctions.Audit.Trail;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Limits;

namespace OrchestratorFunctions.Api;

internal static class ApiModule
{
    private const string CallerItem = "api.caller";

    public static IServiceCollection AddApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ApiOptions>(configuration);
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);
        return services.AddSingleton<ApiTokenStore>().AddSingleton<ApiAccess>().AddSingleton<ApiReadStore>().AddSingleton<ApiDecisions>().AddSingleton<OperatorCalls>();
    }

    public static void MapApi(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api");
        api.MapGet("/projects", async (ApiReadStore store, CancellationToken cancellationToken) => Results.Ok(await store.ProjectsAsync(cancellationToken))).For(ApiRole.Viewer);
        api.MapGet("/gates", async (ApiReadStore store, CancellationToken cancellationToken) => Results.Ok(await store.OpenGatesAsync(cancellationToken))).For(ApiRole.Viewer);
        api.MapGet("/gates/{id:guid}", async (Guid id, ApiReadStore store, CancellationToken cancellationToken) =>
            await store.GateAsync(id, cancellationToken) is { } gate ? Results.Ok(gate) : Results.Problem("There is no such gate.", statusCode: StatusCodes.Status404NotFound)).For(ApiRole.Viewer);
        api.MapPost("/gates/{id:guid}/decision", async (Guid id, HttpContext context, ApiDecisions decisions, CancellationToken cancellationToken) =>
            await ReadAsync(context.Request, cancellationToken) is { } request
                ? await decisions.DecideAsync(id, request, (ApiCaller)context.Items[CallerItem]!, cancellationToken)
                : Results.Problem("The body must be {\"decision\": \"approve\", \"reason\": null} as application/json in UTF-8.", statusCode: StatusCodes.Status400BadRequest)).For(ApiRole.Approver);
        // A NUL is legal in an address and not in PostgreSQL's text.
        api.MapGet("/audit", async (Guid? project, string? person, AuditReading audit, CancellationToken cancellationToken) => Results.Text(
            string.Concat((await audit.FindAsync(new AuditQuestion(project, person?.Replace("\0", "", StringComparison.Ordinal), null, null, null, null, 1000), cancellationToken)).Select(entry => entry.ToJsonLine() + "\n")), "application/x-ndjson")).For(ApiRole.Admin);
    }

    /// <summary>The operator's calls.</summary>
    public static void MapOperatorCalls(this IEndpointRouteBuilder endpoints) => endpoints.MapPost(OperatorCalls.Route, async (string verb, HttpContext context, OperatorCalls calls, CancellationToken cancellationToken) =>
    {
        using var reader = new StreamReader(context.Request.Body);
        var text = new char[OperatorCalls.LongestBody + 1];
        var length = await reader.ReadBlockAsync(text, cancellationToken);
        return await calls.AnswerAsync((ApiCaller)context.Items[CallerItem]!, verb, new string(text, 0, length), cancellationToken);
    }).For(ApiRole.Admin);

    // Who calls, and whether that is enough. Who may and is told "no" for another reason, such as that somebody decided first, is refused nothing that counts.
    private static void For(this RouteHandlerBuilder endpoint, ApiRole needed) => endpoint.AddEndpointFilter(async (invocation, next) =>
    {
        var context = invocation.HttpContext;
        if (await context.RequestServices.GetRequiredService<ApiAccess>().FindAsync(context.Request.Headers.Authorization, context.RequestAborted) is not { } caller)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Refused(context, Results.Problem("A valid token is needed: Authorization: Bearer …; the verb 'tokens create' makes one.", statusCode: StatusCodes.Status401Unauthorized));
        }

        if (caller.Role < needed)
        {
            return Refused(context, Results.Problem($"This needs the role {needed.ToString().ToLowerInvariant()}; the token has {caller.Role.ToString().ToLowerInvariant()}.", statusCode: StatusCodes.Status403Forbidden));
        }

        context.Items[CallerItem] = caller;
        return await next(invocation);
    });

    private static object? Refused(HttpContext context, IResult result) => context.RequestServices.GetRequiredService<Refusals>().Judge(context, Refusals.Api, result);

    // UTF-8 whatever charset is named, as JSON demands.
    private static async Task<DecisionRequest?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return request.HasJsonContentType() ? await JsonSerializer.DeserializeAsync<DecisionRequest>(request.Body, JsonSerializerOptions.Web, cancellationToken) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
