using System.Globalization;
using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Projects;

/// <summary>A repository on GitHub that we have heard of.</summary>
/// <param name="Id">GitHub's number of it, which outlives renames and transfers.</param>
/// <param name="FullName"><c>owner/name</c> as it is now.</param>
/// <param name="InstallationId">The app's installation there; null when unknown, or when we are no app.</param>
internal sealed record KnownRepository(long Id, string FullName, long? InstallationId);

/// <summary>The SQL of repositories and of who may write in them.</summary>
internal sealed class RepositoryStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    /// <summary>The repository in which a conversation takes place (<c>github:{id}#{number}</c>), or null.</summary>
    public async Task<KnownRepository?> OfAddressAsync(NpgsqlConnection connection, string address, CancellationToken cancellationToken) =>
        IdOf(address) is { } id ? await FindAsync(connection, id, cancellationToken) : null;

    public async Task<KnownRepository?> OfAddressAsync(string address, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await OfAddressAsync(connection, address, cancellationToken);
    }

    /// <summary>The repository of this name that is there now, whatever the case of its letters; null when we never heard of it.</summary>
    public async Task<KnownRepository?> FindByNameAsync(string fullName, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.QueryFirstOrDefaultAsync<KnownRepository?>(Command(
            "/* name: repositories.find_by_name */ select id, full_name, installation_id from repositories where lower(full_name) = lower(@fullName) and gone_at is null order by updated_at desc limit 1",
            new { fullName }, cancellationToken));
    }

    /// <summary>Remembers a repository. An old name that arrives late does not replace a newer one.</summary>
    public async Task RememberAsync(NpgsqlConnection connection, KnownRepository repository, CancellationToken cancellationToken)
    {
        // A name belongs to one repository at a time: whoever had it before was renamed or deleted without our hearing of it.
        await connection.ExecuteAsync(Command(
            """
            /* name: repositories.give_up_name */
            update repositories set gone_at = @now where lower(full_name) = lower(@FullName) and id <> @Id and gone_at is null and not exists (select 1 from repositories where id = @Id)
            """,
            new { repository.Id, repository.FullName, now = time.GetUtcNow() }, cancellationToken));
        await connection.ExecuteAsync(Command(
            """
            /* name: repositories.remember */
            insert into repositories (id, full_name, installation_id, updated_at) values (@Id, @FullName, @InstallationId, @now)
            on conflict (id) do update set installation_id = coalesce(excluded.installation_id, repositories.installation_id), gone_at = null, updated_at = excluded.updated_at
            where repositories.gone_at is not null or excluded.installation_id is distinct from repositories.installation_id
            """,
            new { repository.Id, repository.FullName, repository.InstallationId, now = time.GetUtcNow() }, cancellationToken));
    }

    /// <summary>A repository has another name or owner; the projects that work in it follow.</summary>
    public async Task MoveAsync(NpgsqlConnection connection, KnownRepository repository, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(Command(
            """
            /* name: repositories.move_projects */
            update projects p set repository = @FullName, updated_at = @now from repositories r
            where r.id = @Id and lower(p.repository) = lower(r.full_name) and r.full_name <> @FullName and p.status not in ('CANCELLED', 'COMPLETED')
            """,
            new { repository.Id, repository.FullName, now = time.GetUtcNow() }, cancellationToken));
        await connection.ExecuteAsync(Command(
            """
            /* name: repositories.move */
            insert into repositories (id, full_name, installation_id, updated_at) values (@Id, @FullName, @InstallationId, @now)
            on conflict (id) do update set full_name = excluded.full_name, installation_id = coalesce(excluded.installation_id, repositories.installation_id), gone_at = null, updated_at = excluded.updated_at
            """,
            new { repository.Id, repository.FullName, repository.InstallationId, now = time.GetUtcNow() }, cancellationToken));
    }

    /// <summary>The repository was deleted, or we may not use it any more: nobody decides by it.</summary>
    public Task GoneAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: repositories.gone */ update repositories set gone_at = @now, installation_id = null where id = @id", new { id, now = time.GetUtcNow() }, cancellationToken));

    public async Task SetInstallationAsync(long id, long? installationId, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Command(
            "/* name: repositories.set_installation */ update repositories set installation_id = @installationId, updated_at = @now where id = @id",
            new { id, installationId, now = time.GetUtcNow() }, cancellationToken));
    }

    /// <summary>GitHub says whether this person may write there: from now on they decide in its projects, or do not any more.</summary>
    public Task SetWriterAsync(NpgsqlConnection connection, long id, string person, bool mayWrite, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(mayWrite
            ? Command(
                """
                /* name: repository_writers.allow */
                insert into repository_writers (repository_id, person, checked_at) values (@id, @person, @now) on conflict (repository_id, person) do update set checked_at = excluded.checked_at
                """,
                new { id, person, now = time.GetUtcNow() }, cancellationToken)
            : Command("/* name: repository_writers.withdraw */ delete from repository_writers where repository_id = @id and person = @person", new { id, person }, cancellationToken));

    private static Task<KnownRepository?> FindAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<KnownRepository?>(Command(
            "/* name: repositories.find */ select id, full_name, installation_id from repositories where id = @id", new { id }, cancellationToken));

    private static long? IdOf(string address) =>
        address.StartsWith("github:", StringComparison.Ordinal) && address.IndexOf('#', StringComparison.Ordinal) is var end and > 0 &&
        long.TryParse(address.AsSpan("github:".Length, end - "github:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
