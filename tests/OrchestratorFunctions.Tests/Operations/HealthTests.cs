using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Functions;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Checks;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Tests.Ai;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Operations;

/// <summary>The probes' bodies and status codes, byte for byte: the runbook and monitors rely on them.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Alive_depends_on_nothing() => Assert.Equal((200, """{"status":"healthy","service":"project-orchestrator"}"""), await AnswerAsync(Health.Alive()));

    [Fact]
    public async Task With_everything_there_it_is_ready()
    {
        await using var database = await Rooms.DatabaseAsync();
        await using var model = await ModelServer.StartAsync();
        model.Fails(200, """{"data":[]}""");
        var health = Create(database.ConnectionString, model.Options);
        Assert.Equal((200, """{"status":"ready","database":"ok","ai_service":"ok"}"""), await AnswerAsync(await health.ReadyAsync(default)));
        Assert.Equal((200, """{"status":"healthy","database":"connected"}"""), await AnswerAsync(await health.DatabaseAsync(default)));
        Assert.Equal((200, """{"status":"healthy","ai_service":"reachable"}"""), await AnswerAsync(await health.ModelAsync(default)));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(503)]
    public async Task While_the_model_is_down_or_refuses_our_key_it_is_ready_and_says_degraded(int status)
    {
        await using var database = await Rooms.DatabaseAsync();
        await using var model = await ModelServer.StartAsync();
        model.Fails(status);
        var health = Create(database.ConnectionString, model.Options);
        Assert.Equal((200, """{"status":"ready","database":"ok","ai_service":"degraded"}"""), await AnswerAsync(await health.ReadyAsync(default)));
        Assert.Equal((200, """{"status":"degraded","ai_service":"unreachable"}"""), await AnswerAsync(await health.ModelAsync(default)));
    }

    [Fact]
    public async Task Without_a_model_it_is_ready_and_says_so()
    {
        await using var database = await Rooms.DatabaseAsync();
        var health = Create(database.ConnectionString, new AiOptions());
        Assert.Equal((200, """{"status":"ready","database":"ok","ai_service":"not configured"}"""), await AnswerAsync(await health.ReadyAsync(default)));
        Assert.Equal((200, """{"status":"healthy","ai_service":"not configured"}"""), await AnswerAsync(await health.ModelAsync(default)));
    }

    [Fact]
    public async Task A_schema_that_is_behind_is_not_ready_until_it_is_migrated()
    {
        await using var database = await Rooms.DatabaseAsync();
        var schema = new Schema(new DatabaseAccess(Options.Create(new DatabaseOptions { Url = database.Url })));
        await schema.DownAsync(1, default);
        var health = Create(database.ConnectionString, new AiOptions());
        Assert.Equal((503, """{"status":"not ready","database":"schema is behind: run migrate up","ai_service":"not configured"}"""), await AnswerAsync(await health.ReadyAsync(default)));
        Assert.Equal((200, """{"status":"healthy","database":"connected"}"""), await AnswerAsync(await health.DatabaseAsync(default)));
        await schema.UpAsync(default);
        var end = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while ((await AnswerAsync(await health.ReadyAsync(default))).Status != 200)
        {
            Assert.True(DateTime.UtcNow < end, "it was never ready");
            await Task.Delay(20);
        }
    }

    // What PostgreSQL answers on a full disk, and on a standby.
    [Theory]
    [InlineData("create schema trouble; create function trouble.random() returns float8 language plpgsql volatile as $$ begin raise exception 'No space left on device' using errcode = 'disk_full'; end $$", "search_path = trouble, pg_catalog, public", "no room on the disk of the database")]
    [InlineData("select 1", "default_transaction_read_only = on", "the database takes no writes")]
    public async Task A_database_that_can_only_be_read_is_not_ready(string prepare, string setting, string fault)
    {
        await using var database = await Rooms.DatabaseAsync();
        await using (var prepared = database.DataSource.CreateCommand($"{prepare}; alter database \"{new NpgsqlConnectionStringBuilder(database.ConnectionString).Database}\" set {setting}"))
        {
            await prepared.ExecuteNonQueryAsync();
        }

        NpgsqlConnection.ClearAllPools();
        var health = Create(database.ConnectionString, new AiOptions());
        Assert.Equal((503, $$"""{"status":"not ready","database":"{{fault}}","ai_service":"not configured"}"""), await AnswerAsync(await health.ReadyAsync(default)));
        Assert.Equal((503, $$"""{"status":"unhealthy","database":"disconnected","error":"{{fault}}"}"""), await AnswerAsync(await health.DatabaseAsync(default)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_refuses_or_hangs_is_down_within_the_time_limit_and_no_host_or_user_is_told(bool hangs)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        if (!hangs)
        {
            listener.Stop();
        }

        var health = Create($"Host=127.0.0.1;Port={port};Username=\"o'secret\";Password=hidden;Database=\"a\"\"b\"", new AiOptions());
        var watch = Stopwatch.StartNew();
        Assert.Equal((503, """{"status":"unhealthy","database":"disconnected","error":"the database does not answer"}"""), await AnswerAsync(await health.DatabaseAsync(default)));
        Assert.Equal((503, """{"status":"not ready","database":"fail","ai_service":"not configured"}"""), await AnswerAsync(await health.ReadyAsync(default)));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(12));
    }

    [Theory]
    [InlineData(null, 200, "ready", "ok")]
    [InlineData("the task hub does not answer", 503, "not ready", "the task hub does not answer")]
    public async Task Where_a_host_has_the_task_hub_it_is_ready_only_while_that_answers(string? fault, int status, string says, string hub)
    {
        await using var database = await Rooms.DatabaseAsync();
        var health = Create(database.ConnectionString, new AiOptions(), new Given(HubCheck.CheckName, fault));
        Assert.Equal((status, $$"""{"status":"{{says}}","database":"ok","ai_service":"not configured","task_hub":"{{hub}}"}"""), await AnswerAsync(await health.ReadyAsync(default)));
    }

    private static Health Create(string connectionString, AiOptions ai, params ICheck[] checks)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        var http = new ServiceCollection().AddHttpClient().BuildServiceProvider().GetRequiredService<IHttpClientFactory>();
        var schema = new Schema(new DatabaseAccess(Options.Create(new DatabaseOptions { Url = $"postgresql://{Uri.EscapeDataString(builder.Username!)}:{Uri.EscapeDataString(builder.Password!)}@{builder.Host}:{builder.Port}/{Uri.EscapeDataString(builder.Database!)}" })));
        return new Health(
            new ModelHealth(Options.Create(ai), http, new AzureIdentity(), TimeProvider.System, NullLogger<ModelHealth>.Instance),
            new HealthChecks([new DatabaseCheck(schema, new GaugeStore(NpgsqlDataSource.Create(connectionString), TimeProvider.System)), .. checks], TimeProvider.System, NullLogger<HealthChecks>.Instance));
    }

    private sealed class Given(string name, string? fault) : ICheck
    {
        public string Name => name;

        public TimeSpan Limit => TimeSpan.FromSeconds(30);

        public TimeSpan GoodFor => TimeSpan.Zero;

        public bool IsVital => true;

        public Task<string?> FindFaultAsync(CancellationToken cancellationToken) => Task.FromResult(fault);
    }

    private static async Task<(int Status, string Body)> AnswerAsync(IResult result)
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddLogging().BuildServiceProvider() };
        context.Response.Body = body;
        await result.ExecuteAsync(context);
        var text = Encoding.UTF8.GetString(body.ToArray());
        using var json = JsonDocument.Parse(text);
        Assert.StartsWith("application/json", context.Response.ContentType, StringComparison.Ordinal);
        return (context.Response.StatusCode, text);
    }
}
