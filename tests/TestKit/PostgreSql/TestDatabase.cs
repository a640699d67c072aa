using System.Collections.Concurrent;
using System.Security.Cryptography;
using Npgsql;

namespace TestKit.PostgreSql;

/// <summary>A real database of one test: copied from a migrated template in some tens of milliseconds, dropped on disposal.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private const long TemplateLock = 0x7E57_DA7A;
    private static readonly string Run = RandomNumberGenerator.GetHexString(8, lowercase: true);
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Templates = new(StringComparer.Ordinal);
    private static int count;

    private readonly TestServer home;

    static TestDatabase() => AppDomain.CurrentDomain.ProcessExit += (_, _) => DropTemplates();

    private TestDatabase(TestServer server, string name)
    {
        home = server;
        Name = name;
        ConnectionString = server.ConnectionString(name);
        DataSource = NpgsqlDataSource.Create(ConnectionString);
    }

    public string Name { get; }

    public string ConnectionString { get; }

    /// <summary>postgresql://…, as DATABASE_URL wants it.</summary>
    public string Url => home.Url(Name);

    public NpgsqlDataSource DataSource { get; }

    /// <summary>A fresh database.</summary>
    /// <param name="template">Key of the template; tests with the same key share one template per process.</param>
    /// <param name="migrate">Fills the template, given its connection string; runs once per key. Null: an empty database.</param>
    public static async Task<TestDatabase> CreateAsync(string template, Func<string, Task>? migrate = null)
    {
        var server = TestServer.FromEnvironment();
        var name = $"test_{Run}_{Interlocked.Increment(ref count)}";
        var source = migrate is null ? "template0" : await Templates.GetOrAdd(template, key => new Lazy<Task<string>>(() => MakeTemplateAsync(server, key, migrate))).Value;
        await server.ExecuteAsync($"create database {name} template {source}");
        return new TestDatabase(server, name);
    }

    /// <summary>An empty database on the server of <paramref name="url"/>; for callers that migrate by themselves.</summary>
    public static async Task<TestDatabase> CreateOnAsync(string url)
    {
        var server = new TestServer(url);
        var name = $"test_{Run}_{Interlocked.Increment(ref count)}";
        await server.ExecuteAsync($"create database {name} template template0");
        return new TestDatabase(server, name);
    }

    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await home.ExecuteAsync($"drop database if exists {Name} with (force)");
    }

    private static async Task<string> MakeTemplateAsync(TestServer server, string key, Func<string, Task> migrate)
    {
        var safe = new string([.. key.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_').Take(30)]);
        var name = $"template_{Run}_{Interlocked.Increment(ref count)}_{safe}";
        // One template at a time: test processes that start together would otherwise all migrate at once.
        await server.LockedAsync(TemplateLock, async () =>
        {
            await server.ExecuteAsync($"create database {name} template template0");
            await migrate(server.ConnectionString(name, pooling: false));
            // A connection that the migration left open would make every copy fail.
            await server.ExecuteAsync($"alter database {name} allow_connections false");
            await server.ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        });
        return name;
    }

    private static void DropTemplates()
    {
        foreach (var template in Templates.Values.Where(made => made.IsValueCreated && made.Value.IsCompletedSuccessfully))
        {
            try
            {
                TestServer.FromEnvironment().ExecuteAsync($"drop database if exists {template.Value.Result} with (force)").GetAwaiter().GetResult();
            }
            catch (Exception fault) when (fault is NpgsqlException or InvalidOperationException or TimeoutException)
            {
                // The server may be gone before us; its databases went with it.
            }
        }
    }
}
