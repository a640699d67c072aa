using System.CommandLine;

namespace OrchestratorFunctions.Audit.Trail;

/// <summary><c>audit verify|query</c>.</summary>
internal static class AuditVerbs
{
    public static Command Create(Func<Func<AuditReading, Task<int>>, Task<int>> run)
    {
        var verify = new Command("verify", "Compute every hash anew. Exit code 1 when an entry was changed, is missing or was moved.");
        verify.SetAction((_, cancellationToken) => run(async audit =>
        {
            var verdict = await audit.VerifyAsync(cancellationToken);
            foreach (var fault in verdict.Faults)
            {
                await Console.Out.WriteLineAsync(fault);
            }

            await Console.Out.WriteLineAsync($"{verdict.Entries} entries in {verdict.Chains} chains: {(verdict.Faults.Count == 0 ? "intact" : "NOT INTACT")}");
            return verdict.Faults.Count == 0 ? 0 : 1;
        }));

        var project = new Option<Guid?>("--project") { Description = "Of this project." };
        var person = new Option<string?>("--person") { Description = "By this person, telegram:123456, or operator:root, system, anonymous." };
        var action = new Option<string?>("--action") { Description = "Of this kind, approval_granted." };
        var result = new Option<string?>("--result") { Description = "success, denied or failed." };
        result.AcceptOnlyFromAmong(AuditEntry.Success, AuditEntry.Denied, AuditEntry.Failed);
        var since = new Option<DateTimeOffset?>("--since") { Description = "From this time on, 2026-01-31T12:00:00Z." };
        var until = new Option<DateTimeOffset?>("--until") { Description = "Before this time." };
        var limit = new Option<int>("--limit") { Description = "The newest so many.", DefaultValueFactory = _ => 1000 };
        var query = new Command("query", "Print entries as lines of JSON, oldest first.") { project, person, action, result, since, until, limit };
        query.SetAction((parsed, cancellationToken) => run(async audit =>
        {
            var question = new AuditQuestion(
                parsed.GetValue(project), parsed.GetValue(person), parsed.GetValue(action), parsed.GetValue(result), parsed.GetValue(since), parsed.GetValue(until), parsed.GetValue(limit));
            foreach (var entry in await audit.FindAsync(question, cancellationToken))
            {
                await Console.Out.WriteLineAsync(entry.ToJsonLine());
            }

            return 0;
        }));
        return new Command("audit", "The audit trail.") { verify, query };
    }
}
