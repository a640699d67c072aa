using Npgsql;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Scar.Wire;

namespace OrchestratorFunctions.Scar;

/// <summary>One message in the chat that says how far a run is, edited in place.</summary>
internal sealed class ScarProgress(ScarStore store, OutboxStore outbox, TimeProvider time)
{
    // A chat takes about one message per second in all; several runs may share it.
    private static readonly TimeSpan WithNews = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan WithoutNews = TimeSpan.FromSeconds(60);
    private const int LongestQuote = 200;

    /// <summary>Says how far the run is, when something was not said too recently. False: nothing was said.</summary>
    public async Task<bool> ReportAsync(NpgsqlConnection connection, ScarExecution execution, IReadOnlyList<ScarMessage> messages, CancellationToken cancellationToken)
    {
        var pause = messages.Count > execution.NextIndex ? WithNews : WithoutNews;
        if ((execution.ProgressAt is { } last && time.GetUtcNow() - last < pause) || !await store.ProgressAsync(connection, execution, cancellationToken))
        {
            return false;
        }

        var work = messages.Skip(execution.SentIndex ?? 0).Select(message => message.Message).Where(text => !ScarReplies.IsNotice(text) && !ScarReplies.IsProbe(text)).ToList();
        var quote = work.LastOrDefault(text => !ScarReplies.IsToolLine(text)) is { } said ? $"\n\n> {OneLine(said)}" : "";
        await SayAsync(connection, execution, execution.ProgressCount, $"**{execution.OperationName}**: the coding agent is at work ({Minutes(execution)}, {Count(work.Count, "step")}).{quote}", cancellationToken);
        return true;
    }

    /// <summary>Turns the message into the last word, when there is one.</summary>
    public Task CloseAsync(NpgsqlConnection connection, ScarExecution execution, ScarVerdict verdict, CancellationToken cancellationToken) =>
        execution.ProgressCount == 0
            ? Task.CompletedTask
            : SayAsync(connection, execution, execution.ProgressCount, $"**{execution.OperationName}**: {InWords(verdict)} ({Minutes(execution)}).", cancellationToken);

    private Task SayAsync(NpgsqlConnection connection, ScarExecution execution, int number, string markdown, CancellationToken cancellationToken)
    {
        var first = $"scar:{execution.Id}:progress";
        return outbox.AppendAsync(
            connection,
            number == 0 ? new OutboxMessage(execution.Address, first, markdown) : new OutboxMessage(execution.Address, $"{first}:{number}", markdown) { EditsDomainKey = first },
            cancellationToken);
    }

    private static string InWords(ScarVerdict verdict) => verdict.Outcome switch
    {
        ScarOutcome.Succeeded => "the coding agent is done",
        ScarOutcome.Failed => "the coding agent failed",
        ScarOutcome.Unproven => "the coding agent has ended, without saying whether it succeeded",
        ScarOutcome.Stopped => "stopped",
        _ => "what became of the coding agent's work is not known",
    };

    private string Minutes(ScarExecution execution) => $"{(int)(time.GetUtcNow() - (execution.SentAt ?? execution.CreatedAt)).TotalMinutes} min";

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";

    private static string OneLine(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= LongestQuote ? line : string.Concat(line.AsSpan(0, char.IsHighSurrogate(line[LongestQuote - 1]) ? LongestQuote - 1 : LongestQuote), "…");
    }
}
