using System.Net;
using System.Text.Json.Nodes;
using Npgsql;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>What the runbook says happens when something below is in trouble. Each shows that the trouble was there.</summary>
public sealed class FaultScenarios
{
    [Fact]
    public async Task A_full_disk_of_the_database_is_503_and_what_is_sent_again_is_taken()
    {
        await using var app = await OrchestratorApp.StartAsync();
        // What PostgreSQL answers when it cannot extend a file.
        await app.ExecuteAsync(
            """
            create function disk_full() returns trigger language plpgsql as $$ begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$;
            create trigger disk_full before insert on inbox for each row execute function disk_full();
            """);
        var update = app.Ada.MessageUpdate(app.Ada.Write("/help"));
        Assert.Equal(503, (await app.Ada.PostAsync((JsonObject)update.DeepClone())).Status);
        Assert.Equal(0L, await app.ReadAsync<long>("select count(*) from inbox"));
        await app.ExecuteAsync("drop trigger disk_full on inbox");
        Assert.Equal(200, (await app.Ada.PostAsync(update)).Status);
        await app.Ada.WaitForAsync("Tell me your idea");
    }

    [Fact]
    public async Task An_exhausted_pool_is_503_the_log_says_pool_and_afterwards_all_goes_on()
    {
        var folder = Directory.CreateTempSubdirectory("pool");
        try
        {
            await using var app = await OrchestratorApp.StartAsync(("LOG_DIRECTORY", folder.FullName), ("AUDIT_LOG", "off"));
            await app.RestartAsync(("DATABASE_URL", $"{app.Database.Url}?Maximum Pool Size=8&Timeout=1"));
            var held = new List<NpgsqlConnection>();
            using var busy = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            // The app's own loops hold some; we take what is left until there is none.
            try
            {
                while (!busy.IsCancellationRequested)
                {
                    held.Add(await app.Get<NpgsqlDataSource>().OpenConnectionAsync(busy.Token));
                }
            }
            catch (NpgsqlException exhausted)
            {
                Assert.Contains("pool", exhausted.Message, StringComparison.Ordinal);
            }

            var update = app.Ada.MessageUpdate(app.Ada.Write("/help"));
            Assert.Equal(503, (await app.Ada.PostAsync((JsonObject)update.DeepClone())).Status);
            foreach (var connection in held)
            {
                await connection.DisposeAsync();
            }

            Assert.Equal(200, (await app.Ada.PostAsync(update)).Status);
            await app.Ada.WaitForAsync("Tell me your idea");

            await app.StopAppAsync();
            Assert.Contains("pool", await File.ReadAllTextAsync(Path.Combine(folder.FullName, "app.log")), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task When_every_connection_is_cut_nothing_accepted_is_lost()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var cut = 0L;
        for (var round = 0; round < 5; round++)
        {
            // What could not be stored is answered 503, and Telegram sends it again.
            var update = app.Ada.MessageUpdate(app.Ada.Write($"/new Project {round}"));
            var tries = 0;
            while ((await app.Ada.PostAsync((JsonObject)update.DeepClone())).Status != 200)
            {
                Assert.True(++tries < 20, "the webhook does not recover");
            }

            cut += await app.ReadAsync<long>("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        }

        Assert.True(cut >= 5, $"only {cut} connections were there to be cut");

        await app.UntilAsync("select count(*) from projects", 5L, TimeSpan.FromSeconds(60));
        await app.UntilAsync("select count(*) from outbox where status <> 'SENT'", 0L, TimeSpan.FromSeconds(60));
        // A cut between "sent" and "recorded" repeats that one message: Telegram knows no idempotency key (decision 0003). Nothing is repeated more often than it was cut, and nothing is missing.
        Assert.InRange(app.Ada.Chat.Messages.Count(message => message.FromBot && message.Text.Contains("what is the idea?", StringComparison.Ordinal)), 5, 10);
        Assert.Equal(5L, await app.ReadAsync<long>("select count(*) from outbox where markdown like '%what is the idea?%'"));
    }

    [Fact]
    public async Task A_stop_gives_leases_back_loses_nothing_and_says_not_ready_first()
    {
        await using var app = await OrchestratorApp.StartAsync();
        for (var number = 0; number < 20; number++)
        {
            await app.Ada.SayAsync($"/new Project {number}");
        }

        await app.StopAppAsync();
        Assert.Equal(0L, await app.ReadAsync<long>("select (select count(*) from durable.messages where worker is not null) + (select count(*) from durable.activities where worker is not null)"));
        Assert.Equal(20L, await app.ReadAsync<long>("select count(*) from inbox"));
        await app.RestartAsync();
        await app.UntilAsync("select count(*) from projects", 20L, TimeSpan.FromSeconds(60));
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(app.Address, "/health/ready"))).StatusCode);
    }

    [Fact]
    public async Task The_details_of_health_name_what_is_degraded_and_what_was_set_aside()
    {
        await using var app = await OrchestratorApp.StartAsync();
        using var http = new HttpClient();
        var before = await DetailsAsync(http, app);
        Assert.Equal(("degraded", "no webhook is set: run telegram set-webhook URL", "ok", "ok"), (State(before), State(before, "telegram"), State(before, "database"), State(before, "queues")));
        await app.ExecuteAsync("insert into parked_addresses values ('telegram:1', 'x', now()); insert into outbox (domain_key, address, markdown, status, not_before, created_at, finished_at) values ('k', 'telegram:1', 'm', 'PARKED', now(), now(), now())");
        var end = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (State(await DetailsAsync(http, app), "queues") != "1 were set aside")
        {
            Assert.True(DateTime.UtcNow < end);
            await Task.Delay(100);
        }
    }

    private static async Task<JsonNode> DetailsAsync(HttpClient http, OrchestratorApp app) => JsonNode.Parse(await http.GetStringAsync(new Uri(app.Address, "/health/details")))!;

    private static string State(JsonNode details, string? check = null) => (string)(check is null ? details["status"] : details["checks"]![check]!["status"])!;
}
