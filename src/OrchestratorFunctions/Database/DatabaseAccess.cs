using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.Options;
using Npgsql;

namespace OrchestratorFunctions.Database;

/// <summary>
/// How this process proves to the database who it is: by the password in DATABASE_URL; or, when there is none and the server is one of Azure's, by a token of its
/// managed identity (AZURE_CLIENT_ID names a user-assigned one), or of whoever is signed in there.
/// </summary>
/// <param name="options">Where the database is.</param>
/// <param name="newCredential">Who this process is in Azure; asked for only when a token is needed.</param>
internal sealed class DatabaseAccess(IOptions<DatabaseOptions> options, Func<TokenCredential> newCredential)
{
    private const string AzureServers = ".postgres.database.azure.com";
    private static readonly TokenRequestContext DatabaseScope = new(["https://ossrdbms-aad.database.windows.net/.default"]);

    // Tokens live for an hour or longer; only logins need one, connections that are open stay so.
    private static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Lazy<TokenCredential> credential = new(newCredential);

    public DatabaseAccess(IOptions<DatabaseOptions> options)
        : this(options, () => new DefaultAzureCredential())
    {
    }

    /// <summary>Whether the database asks for a token instead of a password.</summary>
    public bool UsesToken => Connection() is { Password: null or "", Host: { } host } && host.EndsWith(AzureServers, StringComparison.OrdinalIgnoreCase);

    /// <summary>The data source that all rooms share.</summary>
    public NpgsqlDataSource CreateDataSource(ILoggerFactory loggers)
    {
        var builder = new NpgsqlDataSourceBuilder(Connection().ConnectionString);
        builder.UseLoggerFactory(loggers);
        if (UsesToken)
        {
            builder.UsePeriodicPasswordProvider((_, cancellationToken) => TokenAsync(cancellationToken), RenewAfter, RetryAfter);
        }

        return builder.Build();
    }

    /// <summary>A connection string that holds all that a login needs, for at least some minutes.</summary>
    public async Task<string> ConnectionStringAsync(CancellationToken cancellationToken)
    {
        var connection = Connection();
        if (UsesToken)
        {
            connection.Password = await TokenAsync(cancellationToken);
        }

        return connection.ConnectionString;
    }

    private async ValueTask<string> TokenAsync(CancellationToken cancellationToken) =>
        (await credential.Value.GetTokenAsync(DatabaseScope, cancellationToken)).Token;

    private NpgsqlConnectionStringBuilder Connection() => new(DatabaseUrl.ToConnectionString(options.Value.Url!));
}
