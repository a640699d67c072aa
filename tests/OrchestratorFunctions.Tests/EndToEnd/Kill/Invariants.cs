using Dapper;
using OrchestratorFunctions.Audit.Trail;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>What must be true at the end, wherever the app was killed.</summary>
internal static class Invariants
{
    /// <summary>Everything accepted is done, everything said is sent, no instance has failed or waits for an operator.</summary>
    public static async Task NothingIsLeftAsync(KillStage stage)
    {
        await stage.UntilAsync("select count(*) from inbox where status <> 'DONE'", 0);
        await stage.UntilAsync("select count(*) from outbox where status <> 'SENT'", 0);
        await stage.UntilAsync("select count(*) from gates where status <> 'PENDING' and acknowledged_at is null", 0);
        await stage.UntilAsync(
            "select (select count(*) from durable.instances where status = 'FAILED' or parked_reason is not null) + (select count(*) from durable.activities where parked_reason is not null)", 0);
    }

    /// <summary>Each gate has one decision at most (I1), with one audit entry each, in a chain that holds (I7).</summary>
    public static async Task DecisionsAreSingleAsync(KillStage stage, int approvals)
    {
        Assert.Equal(approvals, await stage.ReadAsync<long>("select count(*) from gates where status = 'APPROVED'"));
        Assert.Equal(0, await stage.ReadAsync<long>("select count(*) from gates where status not in ('APPROVED', 'PENDING')"));
        Assert.Equal(approvals, await stage.ReadAsync<long>("select count(*) from audit_entries where action = 'approval_granted'"));
        Assert.Equal(approvals, await stage.ReadAsync<long>("select count(distinct details ->> 'gate') from audit_entries where action = 'approval_granted'"));
        await ChainHoldsAsync(stage);
    }

    /// <summary>Each message of a person is in the history once, with one answer (I3).</summary>
    public static async Task WordsAreKeptOnceAsync(KillStage stage)
    {
        var said = await stage.ReadAsync<long>("select count(*) from inbox where kind = 'TEXT'");
        Assert.Equal(said, stage.Ada.Chat.Messages.Count(message => !message.FromBot && !message.Text.StartsWith('/')));
        Assert.Equal(said, await stage.ReadAsync<long>("select count(distinct inbox_id) from messages where role = 'USER'"));
        Assert.Equal(2 * said, await stage.ReadAsync<long>("select count(*) from messages"));
    }

    /// <summary>
    /// The chat shows each part of each outbox row once. Only the part that was under way to Telegram when the app died may be there twice, since Telegram knows no
    /// idempotency key. Returns how many were shown twice.
    /// </summary>
    public static async Task<int> EverythingIsSaidOnceAsync(KillStage stage)
    {
        await using var connection = await stage.Database.DataSource.OpenConnectionAsync();
        var recorded = (await connection.QueryAsync<(long Row, int Part, long Message)>(
            "select id, part::int - 1, message from outbox, unnest(message_ids) with ordinality as sent (message, part) where address like 'telegram:%'")).ToDictionary(sent => (int)sent.Message, sent => (sent.Row, sent.Part));
        var shown = stage.Ada.Chat.Messages.Where(message => message.FromBot).ToArray();
        Assert.All(recorded.Keys, id => Assert.Contains(shown, message => message.Id == id));
        var twice = shown.Where(message => !recorded.ContainsKey(message.Id)).ToArray();
        Assert.All(twice, message => Assert.Contains(
            shown, other => other.Text == message.Text && recorded.TryGetValue(other.Id, out var part) && stage.InFlight.Contains((part.Row, part.Part))));
        return twice.Length;
    }

    private static async Task ChainHoldsAsync(KillStage stage)
    {
        var verdict = await new AuditReading(new AuditTrailStore(stage.Database.DataSource)).VerifyAsync(default);
        Assert.Equal([], verdict.Faults);
        Assert.True(verdict.Entries > 0, "nothing was audited");
    }
}
