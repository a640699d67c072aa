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
        await UntilSomebodyWaitsAsync(hub);
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
            await UntilSomebodyWaitsAsync(hub);
            await transaction.CommitAsync();
            await (await resuming).CommitAsync();
        }

        Assert.Equal(0, await hub.CountAsync("select count(*) from durable.messages where visible_at = 'infinity'"));
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

    private static async Task PutAsideAsync(TestHub hub)
    {
        await using var database = new HubDatabase(hub.Database.DataSource);
        var id = await hub.CountAsync("select id from durable.messages");
        var fresh = new DirectMail(new HistoryEvent { EventId = -1, EventRaised = new EventRaisedEvent { Name = "go" } });
        await new MailStore(database, "w").PutBackAsync("i", [new StoredMail(id, null, IsCarried: false, [], Attempts: 1, LastError: null), fresh], DateTimeOffset.MaxValue, countAttempt: false, error: null, Now);
    }

    private static async Task<NpgsqlTransaction> ResumeAsync(TestHub hub)
    {
        var connection = await hub.Database.DataSource.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection);
        foreach (var statement in (string[])[ClientSql.Unpark, ClientSql.TakeUpAgain])
        {
            batch.Named(statement).Parameters.Text("i").Time(Now).Flag(false);
        }

        await batch.ExecuteNonQueryAsync();
        return transaction;
    }

    private static Task UntilSomebodyWaitsAsync(TestHub hub) =>
        Eventually.Async(async () => await hub.CountAsync("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 1);
}
