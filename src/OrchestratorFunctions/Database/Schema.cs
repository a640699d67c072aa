using DurableTask.PostgreSql;
using Microsoft.Extensions.Options;

namespace OrchestratorFunctions.Database;

/// <summary>The schema of the app and of its engine, which live in one database and migrate together.</summary>
internal sealed class Schema(IOptions<DatabaseOptions> options)
{
    private volatile bool wasCurrent;

    public Task UpAsync(CancellationToken cancellationToken) => Migrator().UpAsync(cancellationToken);

    public Task DownAsync(int steps, CancellationToken cancellationToken) => Migrator().DownAsync(steps, cancellationToken);

    public Task<IReadOnlyList<SchemaMigration>> StatusAsync(CancellationToken cancellationToken) => Migrator().StatusAsync(cancellationToken);

    /// <summary>Whether every migration of this version is applied. Once it was, it stays so: a schema does not go back under a running app.</summary>
    public async Task<bool> IsCurrentAsync(CancellationToken cancellationToken) =>
        wasCurrent = wasCurrent || (await StatusAsync(cancellationToken)).All(migration => migration.Applied);

    private SchemaMigrator Migrator() => new(DatabaseUrl.ToConnectionString(options.Value.Url!), typeof(Schema).Assembly, typeof(SchemaMigrator).Assembly);
}
