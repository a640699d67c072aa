using System.Text;
using Npgsql;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Functions;
using OrchestratorFunctions.Operations.Checks;

namespace OrchestratorFunctions.Operations;

/// <summary>
/// The probes of the runbook, with its bodies. Alive says nothing about anybody else; ready depends on the database and its schema
/// only (and on the task hub, where another process has it), since a vendor's outage must not take the buttons away, which need no model.
/// </summary>
internal sealed class Health(NpgsqlDataSource dataSource, Schema schema, ModelHealth model, HealthChecks checks, ILogger<Health> logger)
{
    // Its own, shorter than any probe's: a hanging database is a database that is down.
    private static readonly TimeSpan DatabaseDeadline = TimeSpan.FromSeconds(3);

    // As text: it is the first thing that a fresh process is asked, and the serializer takes longer to get ready than all of routing.
    public static IResult Alive() => Results.Text("""{"status":"healthy","service":"project-orchestrator"}""", "application/json", Encoding.UTF8);

    public async Task<IResult> DatabaseAsync(CancellationToken cancellationToken) => await DatabaseFaultAsync(cancellationToken) is { } fault
        ? Results.Json(new { status = "unhealthy", database = "disconnected", error = fault }, statusCode: StatusCodes.Status503ServiceUnavailable)
        : Results.Json(new { status = "healthy", database = "connected" });

    public async Task<IResult> ModelAsync(CancellationToken cancellationToken) => await model.CheckAsync(cancellationToken) switch
    {
        ModelHealthStatus.Ok => Results.Json(new { status = "healthy", ai_service = "reachable" }),
        ModelHealthStatus.NotConfigured => Results.Json(new { status = "healthy", ai_service = "not configured" }),
        _ => Results.Json(new { status = "degraded", ai_service = "unreachable" }),
    };

    public async Task<IResult> ReadyAsync(CancellationToken cancellationToken)
    {
        var checking = model.CheckAsync(cancellationToken);
        var lookingAtHub = checks.FindAsync(HubCheck.CheckName, cancellationToken);
        var database = await DatabaseFaultAsync(cancellationToken) is null ? await SchemaAsync(cancellationToken) : "fail";
        var ai = await checking switch
        {
            ModelHealthStatus.Ok => "ok",
            ModelHealthStatus.NotConfigured => "not configured",
            _ => "degraded",
        };
        var hub = await lookingAtHub;
        var isReady = database == "ok" && hub?.Fault is null;
        var answer = new Dictionary<string, string> { ["status"] = isReady ? "ready" : "not ready", ["database"] = database, ["ai_service"] = ai };
        if (hub is not null)
        {
            answer[HubCheck.CheckName] = hub.Fault ?? "ok";
        }

        return Results.Json(answer, statusCode: isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private async Task<string> SchemaAsync(CancellationToken cancellationToken) =>
        await TryAsync(async token => await schema.IsCurrentAsync(token) ? "ok" : "schema is behind: run migrate up", cancellationToken) ?? "fail";

    // The vendor's text may name hosts and users; the log has it, the answer says what kind of trouble it is.
    private async Task<string?> DatabaseFaultAsync(CancellationToken cancellationToken)
    {
        var answer = await TryAsync(
            async token =>
            {
                await using var command = dataSource.CreateCommand("/* name: health.ping */ select 1");
                await command.ExecuteScalarAsync(token);
                return "";
            },
            cancellationToken);
        return answer is null ? "the database does not answer" : null;
    }

    private async Task<string?> TryAsync(Func<CancellationToken, Task<string>> check, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(DatabaseDeadline);
        try
        {
            // Opening a connection may ignore its token while a server hangs in the handshake.
            return await check(deadline.Token).WaitAsync(DatabaseDeadline, cancellationToken);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            logger.LogWarning("The database check failed: {Reason}", fault.Message);
            return null;
        }
    }
}
