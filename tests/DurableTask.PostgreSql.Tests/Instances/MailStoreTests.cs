using DurableTask.PostgreSql.Client;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Instances;
using DurableTask.PostgreSql.Tests.Hub;
using DurableTask.Wire;
using Npgsql;

namespace DurableTask.PostgreSql.Tests.Instances;

// What is put aside because its instance is parked, while an operator resumes that at the same moment: whoever is first, nothing stays aside that nobody would look for again.
public class MailStoreTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    [Fact]
    public async Task Mail_put_aside_after_the_instance_was_resumed_comes_at_once()
    {
        await using var hub = await ParkedAsync();
        await using var transaction = await ResumeAsync(hub);
        var putting = PutAsideAsync(hub);
        await hub.UntilSomebodyWaitsForALockAsync();
        await transaction.CommitAsync();
        await putting;
        Assert.Equal(2, await hub.CountAsync("select count(*) from durable.messages where visible_at < 'infinity' and worker is null"));
    }

    [Fact]
    public async Task Mail_put_aside_just_before_the_instance_is_resumed_is_taken_up_with_the_rest()
    {
        await using var hub = await ParkedAsync();
        await using (var putting = await hub.Database.DataSource.OpenConnectionAsync())
        {
            await using var transaction = await putting.BeginTransactionAsync();
            // What put_back_mail takes hold of, and what it does, before its commit.
            await using (var batch = new NpgsqlBatch(putting))
            {
                batch.Named("select from durable.instances where parked_reason is not null for share");
                batch.Named("update durable.messages set worker = null, visible_at = 'infinity'");
                await batch.ExecuteNonQueryAsync();
            }

            var resuming = ResumeAsync(hub);
            await hub.UntilSomebodyWaitsForALockAsync();
            await transaction.CommitAsync();
            await (await resuming).CommitAsync();
        }

        Assert.Equal(0, await hub.CountAsync("select count(*) from durable.messages where visible_at = 'infinity'"));
    }

    [Fact]
    public async Task Mail_that_a_worker_still_holds_when_its_instance_is_resumed_has_its_attempts_anew()
    {
        await using var hub = await ParkedAsync();
        await hub.CountAsync("update durable.messages set attempts = 11; select 0");
        await (await ResumeAsync(hub)).CommitAsync();
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.messages where worker = 'w' and visible_at > now() + interval '50 minutes' and attempts = 0"));
        await PutAsideAsync(hub);
        Assert.Equal(0, await hub.CountAsync("select max(attempts) from durable.messages"));
    }

    [Fact]
    public async Task Whoever_puts_mail_back_takes_hold_of_the_instance_before_its_mail_as_a_step_does()
    {
        await using var hub = await ParkedAsync();
        await using var connection = await hub.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var (statement, putting) in new[] { ("select from durable.instances for no key update", true), ("delete from durable.messages", false) })
        {
            await using (var command = new NpgsqlCommand(statement, connection))
            {
                await command.ExecuteNonQueryAsync();
            }

            if (putting)
            {
                _ = PutAsideAsync(hub, DateTimeOffset.UtcNow);
                await hub.UntilSomebodyWaitsForALockAsync();
            }
        }

        await transaction.CommitAsync();
        await Eventually.Async(async () => await hub.CountAsync("select count(*) from durable.messages") == 1);
    }

    [Fact]
    public async Task Mail_for_a_parked_instance_stays_aside()
    {
        await using var hub = await ParkedAsync();
        await PutAsideAsync(hub);
        Assert.Equal(2, await hub.CountAsync("select count(*) from durable.messages where visible_at = 'infinity' and worker is null"));
    }

    // With one message that is leased to "w".
    private static async Task<TestHub> ParkedAsync()
    {
        var hub = await TestHub.CreateAsync();
        await hub.AddProcessAsync(_ => { }, options => options.RunWorker = false);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Anything", new StartOrchestrationOptions("i"));
        await hub.CountAsync("update durable.instances set parked_reason = 'sick'; update durable.messages set worker = 'w', visible_at = now() + interval '1 hour'; select 0");
        return hub;
    }

    private static async Task PutAsideAsync(TestHub hub, DateTimeOffset? until = null)
    {
        await using var database = new HubDatabase(hub.Database.DataSource);
        var id = await hub.CountAsync("select id from durable.messages");
        var fresh = new DirectMail(new HistoryEvent { EventId = -1, EventRaised = new EventRaisedEvent { Name = "go" } });
        await new MailStore(database, "w").PutBackAsync("i", [new StoredMail(id, null, IsCarried: false, [], Attempts: 1, LastError: null), fresh], until ?? DateTimeOffset.MaxValue, countAttempt: false, error: null, Now);
    }

    private static async Task<NpgsqlTransaction> ResumeAsync(TestHub hub)
    {
        var connection = await hub.Database.DataSource.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection);
        foreach (var statement in ClientSql.TakeUp)
        {
            batch.Named(statement).Parameters.Text("i").Time(Now).Flag(false);
        }

        await batch.ExecuteNonQueryAsync();
        return transaction;
    }
}
