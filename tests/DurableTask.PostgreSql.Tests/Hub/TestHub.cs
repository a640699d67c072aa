using System.Collections.Concurrent;
using DurableTask.PostgreSql.Hub;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TestKit.PostgreSql;

namespace DurableTask.PostgreSql.Tests.Hub;

// A database of its own and any number of workers on it, as separate containers: they share nothing but the database.
internal sealed class TestHub : IAsyncDisposable
{
    private readonly List<ServiceProvider> processes = [];

    private TestHub(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    public Lines Log { get; } = new();

    public DurableTaskClient Client { get; private set; } = null!;

    public static async Task<TestHub> CreateAsync() =>
        new(await TestDatabase.CreateAsync("durable", connection => new SchemaMigrator(connection, typeof(SchemaMigrator).Assembly).UpAsync()));

    public static async Task<TestHub> StartAsync(Action<DurableTaskRegistry> register, Action<PostgresTaskHubOptions>? configure = null, Action<IServiceCollection>? more = null)
    {
        var hub = await CreateAsync();
        hub.Client = (await hub.AddProcessAsync(register, configure, more)).GetRequiredService<DurableTaskClient>();
        return hub;
    }

    public async Task<ServiceProvider> AddProcessAsync(Action<DurableTaskRegistry> register, Action<PostgresTaskHubOptions>? configure = null, Action<IServiceCollection>? more = null)
    {
        var registry = new DurableTaskRegistry();
        register(registry);
        var services = new ServiceCollection().AddSingleton(Database.DataSource).AddSingleton<ILoggerFactory>(Log);
        more?.Invoke(services);
        services.AddPostgresTaskHub(registry, options =>
        {
            options.Lease = TimeSpan.FromSeconds(2);
            options.PollInterval = TimeSpan.FromMilliseconds(100);
            options.ShutdownGrace = TimeSpan.FromSeconds(1);
            configure?.Invoke(options);
        });
        var process = services.BuildServiceProvider();
        processes.Add(process);
        Client ??= process.GetRequiredService<DurableTaskClient>();
        if (process.GetService<TaskHubWorker>() is { } worker)
        {
            await worker.StartAsync(default);
            // The host starts it on another thread. From then on clients of this process give their mail to it and not to the store.
            await Eventually.Async(() => Task.FromResult(process.GetRequiredService<Wakeups>().Engine is not null));
        }

        return process;
    }

    public async Task StopAsync(ServiceProvider process)
    {
        processes.Remove(process);
        if (process.GetService<TaskHubWorker>() is { } worker)
        {
            await worker.StopAsync(default);
        }

        await process.DisposeAsync();
    }

    public async Task<string> StartAsync<T>(object? input = null, string? id = null) =>
        await Client.ScheduleNewOrchestrationInstanceAsync(typeof(T).Name, input, new StartOrchestrationOptions(id));

    public async Task<OrchestrationMetadata> EndAsync(string instanceId)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            return await Client.WaitForInstanceCompletionAsync(instanceId, getInputsAndOutputs: true, deadline.Token);
        }
        catch (OperationCanceledException late)
        {
            var stuck = await Client.GetInstanceAsync(instanceId, true);
            throw new TimeoutException($"{instanceId} did not end: {stuck}\n{string.Join('\n', Log.Written)}", late);
        }
    }

    public async Task<T?> ResultAsync<T>(string instanceId)
    {
        var end = await EndAsync(instanceId);
        Assert.True(end.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"{end.RuntimeStatus}: {end.FailureDetails}");
        return end.ReadOutputAs<T>();
    }

    public async Task<T?> RunAsync<T>(Type orchestrator, object? input = null) =>
        await ResultAsync<T>(await Client.ScheduleNewOrchestrationInstanceAsync(orchestrator.Name, input));

    public Task UntilAsync(string instanceId, Func<OrchestrationMetadata, bool> condition) =>
        Eventually.Async(async () => await Client.GetInstanceAsync(instanceId, true) is { } found && condition(found), () => $"{instanceId}: {string.Join('\n', Log.Written)}");

    public Task UntilSomebodyWaitsForALockAsync() => Eventually.Async(async () => await ActivityAsync("wait_event_type = 'Lock'") == 1);

    // So many hear what they are told, and what they look for when they begin is behind them.
    public Task UntilIdleAsync(int workers) => Eventually.Async(async () =>
        await ActivityAsync("query like '/* name: durable.listen */%'") >= workers
        && await ActivityAsync("query like '/* name: durable.claim_%' and query_start > clock_timestamp() - interval '0.5 s'") == 0);

    // What sessions do, or did last.
    private Task<long> ActivityAsync(string condition) => CountAsync($"select count(*) from pg_stat_activity where datname = current_database() and {condition}");

    public async Task<long> CountAsync(string sql)
    {
        await using var command = Database.DataSource.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes.ToArray())
        {
            await StopAsync(process);
        }

        await Database.DisposeAsync();
    }
}

internal static class Eventually
{
    public static async Task Async(Func<Task<bool>> condition, Func<string>? state = null)
    {
        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (!await condition())
        {
            if (DateTime.UtcNow > deadline)
            {
                throw new TimeoutException("The condition did not come true. " + state?.Invoke());
            }

            await Task.Delay(10);
        }
    }
}

internal sealed class Lines : ILoggerFactory, ILogger
{
    public ConcurrentQueue<string> Written { get; } = [];

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Written.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
