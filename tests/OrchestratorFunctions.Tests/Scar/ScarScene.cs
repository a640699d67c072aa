using System.Net;
using System.Net.Sockets;
using DurableTask;
using DurableTask.PostgreSql;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Scar.Wire;
using TestKit.PostgreSql;
using TestKit.Scar;

namespace OrchestratorFunctions.Tests.Scar;

/// <summary>The room with a real database, the coding agent's stand-in, and its briefs served over HTTP.</summary>
internal sealed class ScarScene : IAsyncDisposable
{
    private readonly WebApplication host;

    private ScarScene(TestDatabase database, ScarStandIn scar, WebApplication host, ShiftedTime time, string address) =>
        (Database, Scar, this.host, Time, Address) = (database, scar, host, time, address);

    public TestDatabase Database { get; }

    public ScarStandIn Scar { get; }

    public ShiftedTime Time { get; }

    /// <summary>Where the briefs are.</summary>
    public string Address { get; }

    public Guid ProjectId { get; } = Guid.CreateVersion7();

    public ScarStore Store => Get<ScarStore>();

    public ScarClient Client => Get<ScarClient>();

    public static async Task<ScarScene> StartAsync(params (string Name, string Value)[] settings)
    {
        var database = await TestDatabase.CreateAsync("scar_room", connectionString => new SchemaMigrator(connectionString, typeof(ScarModule).Assembly).UpAsync());
        var scar = new ScarStandIn();
        await scar.StartAsync();
        var time = new ShiftedTime();
        var port = FreePort();
        var address = $"http://127.0.0.1:{port}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Configuration.Sources.Clear();
        var given = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DATABASE_URL"] = database.ConnectionString, ["SCAR_BASE_URL"] = scar.Address, ["PUBLIC_BASE_URL"] = address };
        foreach (var (name, value) in settings)
        {
            given[name] = value;
        }

        builder.Configuration.AddInMemoryCollection(given);
        builder.Services.AddSingleton<TimeProvider>(time).AddDatabase(builder.Configuration).AddProjects().AddAudit().AddAppMetrics().AddScar(builder.Configuration)
            .AddSingleton<ButtonStore>().AddSingleton<OutboxStore>().AddSingleton<OutboxNudge>();
        var app = builder.Build();
        app.MapScar();
        await app.StartAsync();
        var scene = new ScarScene(database, scar, app, time, address);
        await scene.InTransactionAsync((connection, token) =>
            scene.Get<ProjectStore>().AddAsync(connection, new Project(scene.ProjectId, "Shop", "telegram:42", "telegram:7", null, ProjectStatus.Brainstorming, null, 0), token));
        return scene;
    }

    public T Get<T>() where T : notnull => host.Services.GetRequiredService<T>();

    public ScarCommandRequest Request(ScarCommand command = ScarCommand.Prime, DocumentRef? brief = null, string? reason = null, string repository = "octocat/demo-app") =>
        new(Guid.CreateVersion7(), ProjectId, repository, command, brief, "telegram:42", "Planning", reason);

    /// <summary>A run that was prepared.</summary>
    public async Task<Guid> PreparedAsync(ScarCommandRequest? request = null)
    {
        request ??= Request();
        await PrepareAsync(request);
        return request.ExecutionId;
    }

    /// <summary>A run whose repository was selected.</summary>
    public async Task<Guid> SelectedAsync(ScarCommandRequest? request = null)
    {
        var id = await PreparedAsync(request);
        return await SelectAsync(id) is { Stage: ScarStage.Send } ? id : throw new InvalidOperationException((await Store.GetAsync(id, default)).Outcome?.Reason);
    }

    /// <summary>A run whose command was sent.</summary>
    public async Task<Guid> SentAsync(ScarCommandRequest? request = null)
    {
        var id = await SelectedAsync(request);
        return await SendAsync(id) is { Stage: ScarStage.Poll } ? id : throw new InvalidOperationException("The command was not sent.");
    }

    public Task<ScarStep> PrepareAsync(ScarCommandRequest request) => RunAsync<PrepareScarCommand, ScarCommandRequest, ScarStep>(request);

    public Task<ScarStep> SelectAsync(Guid id) => RunAsync<SelectRepository, Guid, ScarStep>(id);

    public Task<ScarStep> SendAsync(Guid id) => RunAsync<SendScarCommand, Guid, ScarStep>(id);

    public Task<ScarStep> PollAsync(Guid id) => RunAsync<PollScarCommand, Guid, ScarStep>(id);

    public Task<TOutput> RunAsync<TActivity, TInput, TOutput>(TInput input) where TActivity : TaskActivity<TInput, TOutput> =>
        ActivatorUtilities.CreateInstance<TActivity>(host.Services).RunAsync(new Context(), input);

    /// <summary>Polls until there is an outcome.</summary>
    public async Task<ScarCommandOutcome> OutcomeAsync(Guid id)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            if ((await PollAsync(id)).Outcome is { } outcome)
            {
                return outcome;
            }

            await Task.Delay(10, late.Token);
        }
    }

    /// <summary>Claims the sending as a process does that dies right after.</summary>
    public async Task<ScarExecution> ClaimedAsync(Guid id)
    {
        var execution = await Store.GetAsync(id, default);
        Assert(await Store.ClaimAsync(execution, await Client.MessagesAsync(execution.ConversationId, default), default));
        return await Store.GetAsync(id, default);
    }

    /// <summary>The messages that came in over HTTP and begin a command.</summary>
    public int Invocations => Scar.Calls.Count(call => call.Method == "POST" && call.Body.Contains("/command-invoke", StringComparison.Ordinal));

    public Task InTransactionAsync(Func<Npgsql.NpgsqlConnection, CancellationToken, Task> work) => Database.DataSource.InTransactionAsync(work, default);

    public async Task<List<string>> SaidAsync()
    {
        await using var command = Database.DataSource.CreateCommand("select domain_key || coalesce(' edits ' || edits_key, '') || ': ' || markdown from outbox order by id");
        await using var reader = await command.ExecuteReaderAsync();
        List<string> said = [];
        while (await reader.ReadAsync())
        {
            said.Add(reader.GetString(0));
        }

        return said;
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await Scar.DisposeAsync();
        await Database.DisposeAsync();
    }

    private static void Assert(bool condition) => Xunit.Assert.True(condition);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class Context : TaskActivityContext
    {
        public override TaskName Name => "test";

        public override string InstanceId => "test";

        public override CancellationToken CancellationToken => default;
    }
}

/// <summary>The real clock, put forward by hand.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private TimeSpan offset;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;

    public void Advance(TimeSpan time) => offset += time;
}
