using Dapper;
using DurableTask;
using DurableTask.PostgreSql;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Moq;
using Npgsql;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Live;
using OrchestratorFunctions.Operations.Logs;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Workflow;
using TestKit.PostgreSql;

namespace OrchestratorFunctions.Tests.TestApp;

/// <summary>The rooms that need no vendor, on a database of their own and with a clock that the test moves.</summary>
internal sealed class Rooms : IAsyncDisposable
{
    public const string Ada = "telegram:1001";
    public const string Bob = "telegram:1002";
    public const string Chat = "telegram:1001";

    private readonly TestDatabase database;
    private readonly ServiceProvider services;

    private Rooms(TestDatabase database, Action<IServiceCollection>? with)
    {
        this.database = database;
        // Tests type as fast as a machine.
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("PERSON_RATE_LIMIT", (string?)"100000/minute")]).Build();
        var collection = new ServiceCollection()
            .AddLogging()
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton(database.DataSource)
            .AddSingleton(Hub.Object)
            .AddSingleton<Wakeups>()
            .AddSingleton(new LogLevels())
            .AddSingleton<IConfiguration>(configuration)
            .AddLiveSettings()
            .AddAppMetrics()
            .AddGitHub(configuration)
            .AddInbox()
            .AddConversations()
            .AddProjects()
            .AddApprovals(configuration)
            .AddWorkflow()
            .AddOutbox()
            .AddAudit();
        with?.Invoke(collection);
        services = collection.BuildServiceProvider();
    }

    // Not a whole microsecond: PostgreSQL keeps less than .NET's clock gives.
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero).AddTicks(1_234_567));

    public Mock<DurableTaskClient> Hub { get; } = new();

    public NpgsqlDataSource DataSource => database.DataSource;

    public string Url => database.Url;

    public static async Task<Rooms> CreateAsync(Action<IServiceCollection>? with = null)
    {
        DapperConventions.Apply();
        return new Rooms(await DatabaseAsync(), with);
    }

    /// <summary>A database with the schema of the app and its engine.</summary>
    public static Task<TestDatabase> DatabaseAsync() =>
        TestDatabase.CreateAsync("app", connectionString => new SchemaMigrator(connectionString, typeof(Schema).Assembly, typeof(SchemaMigrator).Assembly).UpAsync());

    public T Get<T>()
        where T : class => services.GetRequiredService<T>();

    /// <summary>Runs an activity once, as a worker would.</summary>
    public Task<TOutput> RunAsync<TActivity, TInput, TOutput>(TInput input)
        where TActivity : TaskActivity<TInput, TOutput> => ActivatorUtilities.CreateInstance<TActivity>(services).RunAsync(new Call(), input);

    public Task<T> DoAsync<T>(Func<NpgsqlConnection, Task<T>> work) => DataSource.InTransactionAsync((connection, _) => work(connection), default);

    public Task DoAsync(Func<NpgsqlConnection, Task> work) => DataSource.InTransactionAsync((connection, _) => work(connection), default);

    public async Task<T> ReadAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await DataSource.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    public async Task<IReadOnlyList<T>> ListAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await DataSource.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    public async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = await DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await database.DisposeAsync();
    }

    private sealed class Call : TaskActivityContext
    {
        public override TaskName Name => "test";

        public override string InstanceId => "test";

        public override CancellationToken CancellationToken => default;
    }
}
