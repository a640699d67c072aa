using System.CommandLine;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Api;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Telegram;
using OrchestratorFunctions.Tests.EndToEnd;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.PostgreSql;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.Operations;

/// <summary>The console belongs to the process, so what prints to it runs alone.</summary>
[CollectionDefinition("Console", DisableParallelization = true)]
public sealed class ConsoleCollection;

/// <summary>The operator's verbs: what they print and how they exit.</summary>
[Collection("Console")]
public sealed class VerbTests
{
    [Fact]
    public async Task Inbox_lists_shows_replays_and_drops_what_was_set_aside()
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.ReceiveAsync(DeliveryKind.Text, "a secret");
        await rooms.ExecuteAsync("update inbox set status = 'PARKED', finished_at = now(), error = 'why', attempts = 5");
        var line = $"1  PARKED  TEXT  telegram:1001  telegram:7:{await rooms.ReadAsync<string>("select delivery_id from inbox")}  2026-03-01T10:00:00Z  attempts 5  why\n";
        var inbox = InboxVerbs.Create(verb => verb(rooms.Get<InboxUpkeep>()));
        const string Missing = "There is no such row, or it is not parked: 1. 'inbox list' lists the parked ones.\n";

        Assert.Equal((0, line, ""), await RunAsync(inbox, "list"));
        Assert.Equal((0, "", ""), await RunAsync(inbox, "list", "--status", "OPEN"));
        Assert.Equal((0, line, ""), await RunAsync(inbox, "show", "1"));
        Assert.Equal((1, "", Missing.Replace("1.", "2.", StringComparison.Ordinal)), await RunAsync(inbox, "show", "2"));
        Assert.Equal((0, "replayed\n", ""), await RunAsync(inbox, "replay", "1"));
        Assert.Equal((1, "", Missing), await RunAsync(inbox, "replay", "1"));
        Assert.Equal((1, "", Missing), await RunAsync(inbox, "drop", "1"));
        await rooms.ExecuteAsync("update inbox set status = 'PARKED', finished_at = now()");
        Assert.Equal((0, "dropped\n", ""), await RunAsync(inbox, "drop", "1"));
        Assert.Equal(1, (await RunAsync(inbox, "list", "--status", "LOST")).Code);
        Assert.Equal(1, (await RunAsync(inbox, "replay", "one")).Code);
    }

    [Fact]
    public async Task Migrate_status_fails_while_a_migration_is_missing_and_up_applies_it()
    {
        await using var database = await Rooms.DatabaseAsync();
        var schema = SchemaVerbs.Create(verb => verb(new Schema(new DatabaseAccess(Options.Create(new DatabaseOptions { Url = database.Url })))), verb => verb(new GrantStore(database.DataSource)));
        var (code, all, error) = await RunAsync(schema, "status");
        Assert.Equal((0, ""), (code, error));
        Assert.All(Lines(all), line => Assert.Matches("^applied  [ 0-9]{5}  .+", line));

        var down = await RunAsync(schema, "down", "--steps", "2");
        Assert.Equal((0, 2), (down.Code, Lines(down.Output).Count(line => line.StartsWith("missing  ", StringComparison.Ordinal))));
        Assert.Equal(1, (await RunAsync(schema, "status")).Code);
        Assert.Equal((0, all, ""), await RunAsync(schema, "up"));
        Assert.Equal((0, all, ""), await RunAsync(schema, "status"));
        Assert.Equal(1, (await RunAsync(schema, "down", "--steps", "0")).Code);
        Assert.Equal(1, (await RunAsync(schema, "grant", "public")).Code);
        Assert.Equal((0, all, ""), await RunAsync(schema, "status"));
    }

    [Theory]
    [InlineData("durable.instances", "instances list")]
    [InlineData("inbox", "inbox list")]
    [InlineData("audit_heads", "inbox drop 1")]
    public async Task A_verb_on_a_database_without_the_schema_says_what_to_do(string missing, string verb)
    {
        await using var database = await Rooms.DatabaseAsync();
        await using var drop = database.DataSource.CreateCommand($"drop table {missing} cascade");
        await drop.ExecuteNonQueryAsync();
        Assert.Equal((1, "", "error: schema is behind: run migrate up\n"), await OnAsync(database, verb.Split(' ')));
    }

    [Fact]
    public async Task A_schema_that_there_is_not_is_the_same_to_a_verb() => Assert.Equal(
        (1, "", "error: schema is behind: run migrate up\n"),
        await PrintedAsync(() => Verbs.RunAsync(["instances", "list"], _ => throw new PostgresException("schema \"durable\" does not exist", "ERROR", "ERROR", PostgresErrorCodes.InvalidSchemaName))));

    [Fact]
    public async Task What_else_the_server_finds_wrong_is_one_line()
    {
        await using var database = await Rooms.DatabaseAsync();
        await using var rename = database.DataSource.CreateCommand("alter table inbox rename column kind to sort");
        await rename.ExecuteNonQueryAsync();
        Assert.Equal((1, "", "error: 42703: column \"kind\" does not exist\n"), await OnAsync(database, "inbox", "list"));
    }

    [Fact]
    public async Task What_an_operator_changes_is_in_the_audit_trail_and_without_the_trail_it_is_not_done()
    {
        var (database, standIns, settings) = await OrchestratorApp.PrepareAsync();
        await using var withDatabase = database;
        await using var withStandIns = standIns;
        Task<(int Code, string Output, string Error)> VerbAsync(params string[] args) => PrintedAsync(() => Verbs.RunAsync(args, _ => App.Build(settings)));
        async Task<T> ReadAsync<T>(string sql) => (await database.DataSource.CreateCommand(sql).ExecuteScalarAsync() is T found) ? found : default!;
        await ReadAsync<object>("insert into inbox (source, delivery_id, address, person, kind, payload, status, attempts, received_at, not_before, finished_at) values ('telegram:7', '1', 'telegram:4242', 'telegram:4242', 'TEXT', '{}', 'PARKED', 5, now(), now(), now())");

        Assert.Equal(0, (await VerbAsync("inbox", "list")).Code);
        await ReadAsync<object>("alter table audit_heads rename to lost");
        Assert.Equal(1, (await VerbAsync("inbox", "drop", "1")).Code);
        Assert.Equal("PARKED", await ReadAsync<string>("select status from inbox"));
        await ReadAsync<object>("alter table lost rename to audit_heads");
        Assert.Equal(0, (await VerbAsync("inbox", "drop", "1")).Code);
        Assert.Equal(1, (await VerbAsync("instances", "raise-event", "conversation:telegram:4242", "nudge", "--payload", "\"words\"")).Code);
        Assert.Equal(
            """["inbox drop", ["1"]] ["instances raise-event", ["conversation:telegram:…","nudge"]]""",
            await ReadAsync<string>("select string_agg(json_build_array(details -> 'command', details -> 'arguments')::text, ' ' order by id) from audit_entries where action = 'operator_command' and actor like 'operator:%'"));
    }

    [Fact]
    public async Task Each_verb_that_notes_itself_is_in_the_trail_once()
    {
        var (database, standIns, settings) = await OrchestratorApp.PrepareAsync();
        await using var withDatabase = database;
        await using var withStandIns = standIns;
        async Task<string> NotedByAsync(params string[] args)
        {
            await using var last = database.DataSource.CreateCommand("select coalesce(max(id), 0) from audit_entries");
            var before = (long)(await last.ExecuteScalarAsync())!;
            Assert.Equal(0, (await PrintedAsync(() => Verbs.RunAsync(args, _ => App.Build(settings)))).Code);
            await using var read = database.DataSource.CreateCommand($"select string_agg(action, ' ' order by id) from audit_entries where id > {before} and actor like 'operator:%'");
            return (string)(await read.ExecuteScalarAsync())!;
        }

        Assert.Equal("setting_changed", await NotedByAsync("settings", "set", "LOG_LEVEL", "ERROR"));
        Assert.Equal("setting_changed", await NotedByAsync("settings", "unset", "LOG_LEVEL"));
        Assert.Equal("token_created", await NotedByAsync("tokens", "create", "ci"));
        await using var created = database.DataSource.CreateCommand("select id::text from api_tokens");
        Assert.Equal("token_revoked", await NotedByAsync("tokens", "revoke", (string)(await created.ExecuteScalarAsync())!));
        Assert.Equal("person_forgotten", await NotedByAsync("people", "forget", "telegram:4242", "--yes"));
    }

    [Fact]
    public async Task A_secret_that_can_be_guessed_is_said_once_at_the_start_and_hinders_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("orchestrator-weak-").FullName;
        var (database, standIns, settings) = await OrchestratorApp.PrepareAsync(asGitHubApp: false, ("TELEGRAM_WEBHOOK_SECRET", "guess-me"), ("LOG_DIRECTORY", folder), ("AUDIT_LOG", "off"));
        await using var withDatabase = database;
        await using var withStandIns = standIns;
        var (code, output, error) = await PrintedAsync(() => Verbs.RunAsync(["serve"], _ =>
        {
            var app = App.Build(settings);
            app.Lifetime.ApplicationStarted.Register(app.Lifetime.StopApplication);
            return app;
        }));

        var log = await File.ReadAllTextAsync(Path.Combine(folder, "app.log"));
        Directory.Delete(folder, recursive: true);
        Assert.Equal(0, code);
        Assert.StartsWith("ready http://127.0.0.1:", output, StringComparison.Ordinal);
        Assert.Contains("TELEGRAM_WEBHOOK_SECRET has fewer than 16 characters", Assert.Single(log.Split('\n'), line => line.Contains("WEBHOOK_SECRET", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("guess-me", log + output + error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("two words", "60 letters")]
    [InlineData("ci --role approver", "--person telegram:123456")]
    [InlineData("ci --role approver --person 123456", "telegram: or github:")]
    [InlineData("ci --days 0", "between 1 and 365")]
    public async Task A_token_that_could_not_be_used_is_not_made(string arguments, string fault)
    {
        await using var rooms = await Rooms.CreateAsync();
        var tokens = TokenVerbs.Create(verb => verb(new ApiTokenStore(rooms.DataSource, rooms.Get<AuditLog>(), TimeProvider.System)));
        var (code, output, error) = await RunAsync(tokens, arguments == "two words" ? ["create", arguments] : ["create", .. arguments.Split(' ')]);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(fault, error, StringComparison.Ordinal);
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from api_tokens"));
    }

    [Fact]
    public async Task Telegram_sets_shows_and_takes_back_where_updates_go()
    {
        await using var telegram = new TelegramStandIn();
        await telegram.StartAsync();
        await using var services = Services(telegram.Address, telegram.Token, telegram.WebhookSecret);
        var verbs = TelegramVerbs.Create(verb => verb(services));

        Assert.Equal((0, "Telegram delivers to https://example.org/webhooks/telegram\n", ""), await RunAsync(verbs, "set-webhook", "https://example.org"));
        Assert.Equal("https://example.org/webhooks/telegram", telegram.WebhookUrl);
        var set = telegram.Calls.Single(call => call.Path.EndsWith("setWebhook", StringComparison.OrdinalIgnoreCase)).Body;
        Assert.Contains(telegram.WebhookSecret, set, StringComparison.Ordinal);
        Assert.Contains("[\"message\",\"edited_message\",\"callback_query\"]", set, StringComparison.Ordinal);
        Assert.Equal(
            (0, $"bot: @{telegram.BotUserName} ({telegram.Token.Split(':')[0]})\nwebhook: https://example.org/webhooks/telegram\npending: 0\nlast error: none\n", ""), await RunAsync(verbs, "info"));
        Assert.Equal((0, "Telegram delivers nowhere.\n", ""), await RunAsync(verbs, "delete-webhook"));
        Assert.Equal("", telegram.WebhookUrl);
        Assert.Contains("\nwebhook: none\n", (await RunAsync(verbs, "info")).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync(verbs, "set-webhook", "example.org")).Code);
        Assert.Equal("", telegram.WebhookUrl);
        Assert.Empty(telegram.Unexpected);
    }

    [Fact]
    public async Task What_Telegram_refuses_is_said_without_the_token()
    {
        await using var telegram = new TelegramStandIn();
        await telegram.StartAsync();
        await using var services = Services(telegram.Address, telegram.Token, telegram.WebhookSecret);
        var verbs = TelegramVerbs.Create(verb => verb(services));
        telegram.RefuseNext("setWebhook", 400, $"Bad Request: no such thing as {telegram.Token}");
        Assert.Equal((1, "", "Telegram: Bad Request: no such thing as ***\n"), await RunAsync(verbs, "set-webhook", "https://example.org"));
        await telegram.StopAsync();
        var (code, output, error) = await RunAsync(verbs, "info");
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith("Telegram: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain(telegram.Token, error, StringComparison.Ordinal);

        await using var off = Services(telegram.Address, token: null, secret: null);
        Assert.Equal((1, "", "Telegram is not configured: set TELEGRAM_BOT_TOKEN.\n"), await RunAsync(TelegramVerbs.Create(verb => verb(off)), "info"));
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static ServiceProvider Services(string address, string? token, string? secret) => new ServiceCollection()
        .AddTelegram(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["TELEGRAM_API_BASE_URL"] = address, ["TELEGRAM_BOT_TOKEN"] = token, ["TELEGRAM_WEBHOOK_SECRET"] = secret,
        }).Build())
        .BuildServiceProvider();

    internal static Task<(int Code, string Output, string Error)> OnAsync(TestDatabase database, params string[] args) =>
        PrintedAsync(() => Verbs.RunAsync(args, _ => App.Build(new Dictionary<string, string?> { ["DATABASE_URL"] = database.Url, ["LOG_LEVEL"] = "WARNING", ["LOG_DIRECTORY"] = "off", ["AUDIT_LOG"] = "off" })));

    private static Task<(int Code, string Output, string Error)> RunAsync(Command verbs, params string[] args) => PrintedAsync(() => verbs.Parse(args).InvokeAsync());

    internal static async Task<(int Code, string Output, string Error)> PrintedAsync(Func<Task<int>> run)
    {
        var (output, error) = (Console.Out, Console.Error);
        StringBuilder said = new(), complained = new();
        try
        {
            Console.SetOut(new StringWriter(said) { NewLine = "\n" });
            Console.SetError(new StringWriter(complained) { NewLine = "\n" });
            return (await run(), said.ToString(), complained.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
