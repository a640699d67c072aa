using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Projects;

/// <summary>The SQL of projects and of who may decide in them.</summary>
internal sealed class ProjectStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const string Columns = "id, name, address, created_by, repository, status, activity, run";

    /// <summary>The project, or null.</summary>
    public async Task<Project?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await FindAsync(connection, id, cancellationToken);
    }

    /// <summary>The project as the transaction of <paramref name="connection"/> sees it, or null.</summary>
    public async Task<Project?> FindAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<Row>(Command($"/* name: projects.find */ select {Columns} from projects where id = @id", new { id }, cancellationToken)))
        .Select(row => row.ToProject()).SingleOrDefault();

    /// <summary>The project, locked until the transaction ends, so that what is read stays true.</summary>
    public async Task<Project?> LockAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<Row>(Command($"/* name: projects.lock */ select {Columns} from projects where id = @id for update", new { id }, cancellationToken)))
        .Select(row => row.ToProject()).SingleOrDefault();

    /// <summary>The projects that began in a chat, oldest first.</summary>
    public async Task<IReadOnlyList<Project>> OfAddressAsync(NpgsqlConnection connection, string address, CancellationToken cancellationToken) =>
        [.. (await connection.QueryAsync<Row>(Command(
            $"/* name: projects.of_address */ select {Columns} from projects where address = @address order by created_at, id", new { address }, cancellationToken)))
        .Select(row => row.ToProject())];

    /// <summary>The one project that is not over in the repository of an issue (<c>github:{id}#{number}</c>): of several, the one whose pull request it is; else null.</summary>
    public async Task<Project?> OnlyOneInRepositoryAsync(NpgsqlConnection connection, string address, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<Row>(Command(
            $"""
            /* name: projects.only_one_in_repository */
            with here as (
                select lower(full_name) as full_name, split_part(@address, '#', 2) as number from repositories
                where starts_with(@address, 'github:') and id::text = split_part(split_part(@address, '#', 1), ':', 2) and gone_at is null),
            open as (
                select projects.*, exists (
                    select 1 from documents d where d.project_id = projects.id and right(lower(d.pull_request), length(full_name) + length(number) + 7) = '/' || full_name || '/pull/' || number) as is_its
                from projects join here on full_name = lower(repository) where status not in ('CANCELLED', 'COMPLETED'))
            select {Columns} from open where is_its and (select count(*) from open where is_its) = 1 or (select count(*) from open) = 1
            """,
            new { address }, cancellationToken))).Select(row => row.ToProject()).SingleOrDefault();

    /// <summary>Adds a project with its creator as the first approver.</summary>
    public async Task AddAsync(NpgsqlConnection connection, Project project, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(Command(
            """
            /* name: projects.add */
            insert into projects (id, name, address, created_by, status, created_at, updated_at)
            values (@Id, @Name, @Address, @CreatedBy, 'BRAINSTORMING', @now, @now)
            """,
            new { project.Id, project.Name, project.Address, project.CreatedBy, now = time.GetUtcNow() }, cancellationToken));
        await connection.ExecuteAsync(Command(
            "/* name: projects.add_approver */ insert into project_approvers (project_id, person, added_at) values (@Id, @CreatedBy, @now)",
            new { project.Id, project.CreatedBy, now = time.GetUtcNow() }, cancellationToken));
    }

    /// <summary>Whether <paramref name="person"/> decides in this project.</summary>
    public Task<bool> IsApproverAsync(NpgsqlConnection connection, Guid projectId, string person, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<bool>(Command(
            "/* name: projects.is_approver */ select exists (select 1 from deciders where project_id = @projectId and person = @person)",
            new { projectId, person }, cancellationToken));

    /// <summary>The people who decide, by name.</summary>
    public async Task<IReadOnlyList<string>> ApproverNamesAsync(NpgsqlConnection connection, Guid projectId, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<string>(Command(
            """
            /* name: projects.approver_names */
            select coalesce(p.name, a.person) from project_approvers a left join people p on p.person = a.person
            where a.project_id = @projectId order by a.added_at
            """,
            new { projectId }, cancellationToken))];

    /// <summary>Binds the repository and tells a waiting workflow.</summary>
    public Task SetRepositoryAsync(NpgsqlConnection connection, Guid id, string repository, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: projects.set_repository */ update projects set repository = @repository, signal = signal + 1, updated_at = @now where id = @id",
            new { id, repository, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>How many other projects that are not over work in a repository, whatever the case of its letters.</summary>
    public Task<int> OthersInRepositoryAsync(NpgsqlConnection connection, Guid id, string repository, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<int>(Command(
            "/* name: projects.others_in_repository */ select count(*)::int from projects where id <> @id and lower(repository) = lower(@repository) and status not in ('CANCELLED', 'COMPLETED')",
            new { id, repository }, cancellationToken));

    public Task RenameAsync(NpgsqlConnection connection, Guid id, string name, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: projects.rename */ update projects set name = @name, updated_at = @now where id = @id", new { id, name, now = time.GetUtcNow() }, cancellationToken));

    private sealed record Row(Guid Id, string Name, string Address, string CreatedBy, string? Repository, string Status, string? Activity, int Run)
    {
        public Project ToProject() => new(Id, Name, Address, CreatedBy, Repository, ProjectStatuses.Parse(Status), Activity, Run);
    }
}
