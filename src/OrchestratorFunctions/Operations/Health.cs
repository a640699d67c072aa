using System.Text;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Functions;
using OrchestratorFunctions.Operations.Checks;

namespace OrchestratorFunctions.Operations;

/// <summary>
/// The probes of the runbook, with its bodies. Alive says nothing about anybody else; ready depends on the database and its schema
/// only (and on the task hub, where another process has it), since a vendor's outage must not take the buttons away, which need no model.
/// </summary>
internal sealed class Health(ModelHealth model, HealthChecks checks)
{
    // As text: it is the first thing that a fresh process is asked, and the serializer takes longer to get ready than all of routing.
    public static IResult Alive() => Results.Text("""{"status":"healthy","service":"project-orchestrator"}""", "application/json", Encoding.UTF8);

    // The vendor's text may name hosts and users; the log has it, the answer says what kind of trouble it is.
    public async Task<IResult> DatabaseAsync(CancellationToken cancellationToken) => await LookAtDatabaseAsync(cancellationToken) is not ("ok" or DatabaseCheck.Behind) and var fault
        ? Results.Json(new { status = "unhealthy", database = "disconnected", error = fault == "fail" ? "the database does not answer" : fault }, statusCode: StatusCodes.Status503ServiceUnavailable)
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
        var database = await LookAtDatabaseAsync(cancellationToken);
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

    private async Task<string> LookAtDatabaseAsync(CancellationToken cancellationToken) => (await checks.FindAsync(DatabaseCheck.CheckName, cancellationToken))!.Fault switch
    {
        null => "ok",
        (DatabaseCheck.Behind or DatabaseCheck.NoRoom or DatabaseCheck.ReadOnly) and var known => known,
        _ => "fail",
    };
}
