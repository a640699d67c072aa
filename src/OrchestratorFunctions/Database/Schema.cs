using DurableTask.PostgreSql;

namespace OrchestratorFunctions.Database;

/// <summary>The schema of the app and of its engine, which live in one database and migrate together.</summary>
internal sealed class Schema(DatabaseAccess access)
{
    private volatile bool wasCurrent;

    public async Task UpAsync(CancellationToken cancellationToken) =>
        await (await MigratorAsync(cancellationToken)).UpAsync(cancellationToken);

    public async Task DownAsync(int steps, CancellationToken cancellationToken) =>
        await (await MigratorAsync(cancellationToken)).DownAsync(steps, cancellationToken);

    public async Task<IReadOnlyList<SchemaMigration>> StatusAsync(CancellationToken cancellationToken) =>
        await (await MigratorAsync(cancellationToken)).StatusAsync(cancellationToken);

    /// <summary>Whether every migration of this version is applied. Once it was, it stays so: a schema does not go back under a running app.</summary>
    public async Task<bool> IsCurrentAsync(CancellationToken cancellationToken) =>
        wasCurrent = wasCurrent || (await StatusAsync(cancellationToken)).All(migration => migration.Applied);

    private async Task<SchemaMigrator> MigratorAsync(CancellationToken cancellationToken) =>
        new(await access.ConnectionStringAsync(cancellationToken), typeof(Schema).Assembly, typeof(SchemaMigrator).Assembly);
}
