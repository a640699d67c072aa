using DurableTask;
using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Conversations.Forgetting;

/// <summary>What forgetting came to.</summary>
/// <param name="UnderWay">Names of the person's projects that must be stopped first; then nothing was forgotten.</param>
/// <param name="Instances">The orchestrations that were about the person, to be purged after the commit.</param>
internal sealed record Forgotten(IReadOnlyList<string> UnderWay, IReadOnlyList<string> Instances);

/// <summary>Forgets a person on request: by <c>/forget</c> in the person's own chat, or by the operator's verb.</summary>
internal sealed class PersonForgetting(NpgsqlDataSource dataSource, ForgetStore store, AuditLog audit, DurableTaskClient client, ILogger<PersonForgetting> logger)
{
    private static readonly TimeSpan PurgeLimit = TimeSpan.FromSeconds(10);

    /// <summary>What there is to forget, for whoever has to confirm it.</summary>
    public Task<IReadOnlyList<OwnProject>> OwnProjectsAsync(string person, CancellationToken cancellationToken) =>
        dataSource.InTransactionAsync((connection, token) => store.OwnProjectsAsync(connection, person, token), cancellationToken);

    /// <summary>Forgets in the caller's transaction.</summary>
    /// <param name="by">Who asked for it, for the audit trail: the system, on behalf of a person that is not named any more, or an operator.</param>
    public async Task<Forgotten> ForgetAsync(NpgsqlConnection connection, string person, string by, CancellationToken cancellationToken)
    {
        var own = await store.OwnProjectsAsync(connection, person, cancellationToken);
        var underWay = own.Where(project => ProjectStatuses.Parse(project.Status) is not (ProjectStatus.Brainstorming or ProjectStatus.Cancelled or ProjectStatus.Completed)).Select(project => project.Name).ToArray();
        if (underWay.Length > 0)
        {
            return new Forgotten(underWay, []);
        }

        var instances = own.SelectMany(project => Enumerable.Range(1, project.Run), (project, run) => $"project:{project.Id}:{run}")
            .Concat(await store.GateInstancesAsync(connection, person, cancellationToken)).Append($"conversation:{person}").ToArray();
        await store.ForgetAsync(connection, person, cancellationToken);
        await audit.ForgetAsync(connection, person, cancellationToken);
        await audit.AppendAsync(connection, new AuditEntry("person_forgotten", by, null, new { projects = own.Count }), cancellationToken);
        return new Forgotten([], instances);
    }

    /// <summary>Ends and deletes the orchestrations, whose histories hold what was said. Never throws: what is left is in the log.</summary>
    public async Task PurgeAsync(IReadOnlyList<string> instances, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(PurgeLimit);
        foreach (var instance in instances)
        {
            try
            {
                if (await client.GetInstanceAsync(instance, limit.Token) is not { } found)
                {
                    continue;
                }

                if (!found.IsCompleted)
                {
                    await client.TerminateInstanceAsync(instance, limit.Token);
                    await client.WaitForInstanceCompletionAsync(instance, limit.Token);
                }

                await client.PurgeInstanceAsync(instance, new PurgeInstanceOptions(Recursive: true), limit.Token);
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
            {
                logger.LogWarning("The orchestration {Instance} of a forgotten person is still there: purge it with the verb instances ({Reason})", instance, fault.Message);
            }
        }
    }
}
