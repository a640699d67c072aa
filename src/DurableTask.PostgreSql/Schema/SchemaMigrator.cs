using System.Reflection;
using FluentMigrator.Runner;
using FluentMigrator.Runner.VersionTableInfo;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace DurableTask.PostgreSql;

/// <summary>
/// Brings a database to the schema of the given assemblies' migrations. Several processes may do so at once: an advisory lock, held on its own connection, lets one through
/// at a time, and the others find nothing left to do. The engine's own migrations (1001 and up) are in the assembly of this class and are not added by themselves.
/// </summary>
/// <param name="connectionString">An Npgsql connection string of a role that may create tables.</param>
/// <param name="migrations">The assemblies whose FluentMigrator migrations are meant.</param>
public sealed class SchemaMigrator(string connectionString, params Assembly[] migrations)
{
    private const long LockKey = 0x4475_7261_626C_65; // any fixed number; the same for every process of the app

    /// <summary>Applies all migrations that are not applied yet, oldest version first, each in its own transaction.</summary>
    /// <param name="cancellation">Ends the wait for the lock; a migration that has begun is finished.</param>
    public Task UpAsync(CancellationToken cancellation = default) => LockedAsync(runner => runner.MigrateUp(), cancellation);

    /// <summary>Takes back the newest applied migrations.</summary>
    /// <param name="steps">How many, at least 1; more than there are means all.</param>
    /// <param name="cancellation">Ends the wait for the lock; a migration that has begun is finished.</param>
    public Task DownAsync(int steps, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return LockedAsync(runner => runner.Rollback(steps), cancellation);
    }

    /// <summary>Lists the migrations of the assemblies, oldest version first, and whether they are applied.</summary>
    /// <param name="cancellation">Ends the wait for the database.</param>
    public async Task<IReadOnlyList<SchemaMigration>> StatusAsync(CancellationToken cancellation = default)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        var applied = await AppliedAsync(source, cancellation);
        await using var services = Services();
        using var scope = services.CreateScope();
        return [.. scope.ServiceProvider.GetRequiredService<IMigrationInformationLoader>().LoadMigrations()
            .Select(entry => new SchemaMigration(entry.Key, entry.Value.Description ?? entry.Value.Migration.GetType().Name, applied.Contains(entry.Key)))];
    }

    private static async Task<HashSet<long>> AppliedAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var exists = source.CreateCommand("/* name: schema.has_versions */ select to_regclass('public.schema_versions') is not null");
        if (await exists.ExecuteScalarAsync(cancellation) is not true)
        {
            return [];
        }

        await using var command = source.CreateCommand("/* name: schema.versions */ select version from public.schema_versions");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        HashSet<long> versions = [];
        while (await reader.ReadAsync(cancellation))
        {
            versions.Add(reader.GetInt64(0));
        }

        return versions;
    }

    // A large hub may take long for an index.
    private string Patient => new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0 }.ConnectionString;

    private async Task LockedAsync(Action<IMigrationRunner> work, CancellationToken cancellation)
    {
        // Not pooled: the lock belongs to the session, and the session must end with it, whatever happens in between.
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Patient) { Pooling = false }.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using (var command = new NpgsqlCommand("/* name: schema.lock */ select pg_advisory_lock($1)", connection))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockKey });
            await command.ExecuteNonQueryAsync(cancellation);
        }

        await using var services = Services();
        using var scope = services.CreateScope();
        // FluentMigrator is synchronous; the caller's thread is not the place to wait for it.
        await Task.Run(() => work(scope.ServiceProvider.GetRequiredService<IMigrationRunner>()), CancellationToken.None);
    }

    private ServiceProvider Services() => new ServiceCollection()
        .AddFluentMigratorCore()
        .ConfigureRunner(runner => runner
            .AddPostgres()
            .WithGlobalConnectionString(Patient)
            .WithVersionTable(new SchemaVersions())
            .ScanIn(migrations).For.Migrations())
        .BuildServiceProvider();

    private sealed class SchemaVersions : IVersionTableMetaData
    {
        public bool OwnsSchema => false;

        public string SchemaName => "public";

        public string TableName => "schema_versions";

        public string ColumnName => "version";

        public string DescriptionColumnName => "description";

        public string AppliedOnColumnName => "applied_on";

        public string UniqueIndexName => "schema_versions_version";

        public bool CreateWithPrimaryKey => false;
    }
}

/// <summary>A migration and whether it is applied.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Description">What it is about.</param>
/// <param name="Applied">Whether the database has it.</param>
public sealed record SchemaMigration(long Version, string Description, bool Applied);
