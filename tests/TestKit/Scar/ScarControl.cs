namespace TestKit.Scar;

/// <summary>SCAR's fate and its agent's script over HTTP.</summary>
internal static class ScarControl
{
    private sealed record ScriptOrder(string Command, string[] Say, string? Fail);

    public static void Map(IEndpointRouteBuilder routes, ScarStandIn scar)
    {
        routes.MapGet("/control/runs", () => scar.Runs.Select(run => new
        {
            run.ConversationId, run.Command, run.Arguments, run.Prompt, Repository = run.Repository.Name, run.WorkingDirectory, run.StartedAt, run.EndedAt, Failure = run.Failure?.Last,
        }));
        routes.MapPost("/control/restart", () => scar.Restart());
        routes.MapPost("/control/lose-sessions", () => scar.LoseSessions());
        routes.MapPost("/control/database", (bool down) => scar.DatabaseDown = down);
        routes.MapPost("/control/hold-runs", () => scar.HoldRuns());
        routes.MapPost("/control/release-runs", () => scar.ReleaseRuns());
        routes.MapPost("/control/repositories", (string owner, string name) => scar.AddRepository(ScarRepository.Prepared(owner, name)));
        routes.MapDelete("/control/script", (string command) => scar.Forget(command));
        routes.MapPost("/control/script", (ScriptOrder order) =>
        {
            var failure = order.Fail is null ? null : ScarFailure.Named(order.Fail);
            if (order.Fail is not null && failure is null)
            {
                return Results.BadRequest($"No failure is called {order.Fail}.");
            }

            scar.OnCommand(order.Command, run =>
            {
                foreach (var text in order.Say)
                {
                    run.Say(text);
                }

                return failure is null ? Task.CompletedTask : throw new ScarRunFailedException(failure);
            });
            return Results.Ok();
        });
    }
}
