using Microsoft.Extensions.Options;
using OrchestratorFunctions.Scar.Wire;

namespace OrchestratorFunctions.Scar.Http;

/// <summary>Selects the run's repository in its conversation and proves it; without proof the run fails and no command goes out.</summary>
internal sealed class HttpSelection(ScarStore store, ScarEnding ending, ScarClient client, ScarDialogue dialogue, ScarCanary canary, IOptions<ScarOptions> options, TimeProvider time)
{
    public async Task<ScarStep> SelectAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        if (await IsTakenAsync(execution, cancellationToken))
        {
            return time.GetUtcNow() - execution.CreatedAt < options.Value.Timeout
                ? new ScarStep(ScarStage.Select, Wait: true)
                : await ending.EndAsync(execution, ScarOutcome.Failed, $"the coding agent is still at work on an earlier command in {execution.Repository}", cancellationToken);
        }

        await canary.EnsureAsync(dialogue, cancellationToken);
        var (choice, problem) = RepositorySelection.Choose((await dialogue.AskAsync(execution.ConversationId, ["/repos"], cancellationToken))[0], execution.Repository);
        if (choice is not null)
        {
            var answers = await dialogue.AskAsync(execution.ConversationId, [choice.Command, "/status", "/commands"], cancellationToken);
            problem = RepositorySelection.Problem(choice, execution.Repository, answers[0], answers[1], answers[2], execution.Command.Name());
        }

        return problem is null ? new ScarStep(ScarStage.Send) : await ending.EndAsync(execution, ScarOutcome.Failed, problem, cancellationToken);
    }

    // A command that was stopped, given up or lost may go on in the same folder as long as the agent lists its conversation.
    private async Task<bool> IsTakenAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        var others = await store.AtLargeAsync(execution, cancellationToken);
        return others.Count > 0 && await client.LoadAsync(cancellationToken) is var load && others.Any(load.Lists);
    }
}
