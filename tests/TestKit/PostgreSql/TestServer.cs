using System.Web;
using Npgsql;

namespace TestKit.PostgreSql;

/// <summary>The PostgreSQL server that tests use: the one of TEST_DATABASE_URL, whatever database that names.</summary>
public sealed class TestServer
{
    private readonly NpgsqlConnectionStringBuilder address;

    public TestServer(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgresql" or "postgres"))
        {
            throw new FormatException("The database address must be of the form postgresql://user:password@host:port/database.");
        }

        var user = uri.UserInfo.Split(':', 2);
        address = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Port = uri.Port > 0 ? uri.Port : 5432,
            Database = uri.AbsolutePath.TrimStart('/') is { Length: > 0 } name ? HttpUtility.UrlDecode(name) : "postgres",
            Username = HttpUtility.UrlDecode(user[0]),
            Password = user.Length == 2 ? HttpUtility.UrlDecode(user[1]) : null,
            IncludeErrorDetail = true,
        };
    }

    /// <summary>The server of the environment; fails with what to do when there is none.</summary>
    public static TestServer FromEnvironment() =>
        Environment.GetEnvironmentVariable("TEST_DATABASE_URL") is { Length: > 0 } url
            ? new TestServer(url)
            : throw new InvalidOperationException("TEST_DATABASE_URL is not set: run ./test, or ./run database and export its line as TEST_DATABASE_URL.");

    /// <summary>The connection string of <paramref name="database"/>.</summary>
    /// <param name="database">Its name on this server.</param>
    /// <param name="pooling">Off where a lingering connection would be in the way.</param>
    public string ConnectionString(string database, bool pooling = true) =>
        new NpgsqlConnectionStringBuilder(address.ConnectionString) { Database = database, Pooling = pooling }.ConnectionString;

    /// <summary>The same as a postgresql:// URL, for a child process' DATABASE_URL.</summary>
    public string Url(string database) =>
        $"postgresql://{Uri.EscapeDataString(address.Username ?? "")}:{Uri.EscapeDataString(address.Password ?? "")}@{address.Host}:{address.Port}/{Uri.EscapeDataString(database)}";

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(address.Database!, pooling: false));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 60 };
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs <paramref name="work"/> while holding an advisory lock that all test processes of this server share.</summary>
    public async Task LockedAsync(long key, Func<Task> work)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(address.Database!, pooling: false));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select pg_advisory_lock($1)", connection) { CommandTimeout = 120 };
        command.Parameters.AddWithValue(key);
        await command.ExecuteNonQueryAsync();
        await work();
    }
}
