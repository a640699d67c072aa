using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Projects;

/// <summary>
/// The moves of a project's state, each one statement that says from where it is legal. Zero rows means: not legal now, and the
/// caller follows what the row says instead.
/// </summary>
internal sealed class ProjectProgress(TimeProvider time)
{
    /// <summary>A person asks for a workflow run: legal while talking and not while one is under way.</summary>
    public async Task<bool> RequestRunAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            """
            /* name: projects.request_run */
            update projects set run = run + 1, status = 'VISION_REVIEW', activity = 'writing the vision', updated_at = @now
            where id = @id and status = 'BRAINSTORMING'
            """,
            new { id, now = time.GetUtcNow() }, cancellationToken)) == 1;

    /// <summary>The orchestration of run <paramref name="run"/> has begun, so the sweep need not start it again.</summary>
    public Task StartedAsync(NpgsqlConnection connection, Guid id, int run, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: projects.run_started */ update projects set run_started = greatest(run_started, @run) where id = @id and run >= @run", new { id, run }, cancellationToken));

    /// <summary>The workflow reports what it does now. Not legal once somebody stopped or paused it, or after its end.</summary>
    public async Task<bool> EnterAsync(NpgsqlConnection connection, Guid id, ProjectStatus status, string activity, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            """
            /* name: projects.enter */
            update projects set status = @status, activity = @activity, updated_at = @now
            where id = @id and status in ('BRAINSTORMING', 'VISION_REVIEW', 'PLANNING', 'IN_PROGRESS')
            """,
            new { id, status = status.Stored(), activity, now = time.GetUtcNow() }, cancellationToken)) == 1;

    /// <summary>The workflow waits until a person says <c>/continue</c>.</summary>
    public async Task<bool> PauseAsync(NpgsqlConnection connection, Guid id, string activity, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            """
            /* name: projects.pause */
            update projects set paused_from = status, status = 'PAUSED', activity = @activity, updated_at = @now
            where id = @id and status in ('VISION_REVIEW', 'PLANNING', 'IN_PROGRESS')
            """,
            new { id, activity, now = time.GetUtcNow() }, cancellationToken)) == 1;

    /// <summary>A person said <c>/continue</c>.</summary>
    public async Task<bool> ResumeAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            """
            /* name: projects.resume */
            update projects set status = paused_from, paused_from = null, activity = 'going on', signal = signal + 1, updated_at = @now
            where id = @id and status = 'PAUSED'
            """,
            new { id, now = time.GetUtcNow() }, cancellationToken)) == 1;

    /// <summary>A person stops the workflow; nothing new starts from here on.</summary>
    public async Task<bool> StopAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            """
            /* name: projects.stop */
            update projects set status = 'STOPPING', paused_from = null, activity = 'stopping', signal = signal + 1, updated_at = @now
            where id = @id and status in ('VISION_REVIEW', 'PLANNING', 'IN_PROGRESS', 'PAUSED')
            """,
            new { id, now = time.GetUtcNow() }, cancellationToken)) == 1;

    /// <summary>The workflow has ended: back to talking, cancelled or completed.</summary>
    public async Task<bool> EndAsync(NpgsqlConnection connection, Guid id, ProjectStatus end, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            """
            /* name: projects.end */
            update projects set status = @end, paused_from = null, activity = null, updated_at = @now
            where id = @id and status not in ('CANCELLED', 'COMPLETED') and (status <> 'STOPPING' or @end = 'CANCELLED')
            """,
            new { id, end = end.Stored(), now = time.GetUtcNow() }, cancellationToken)) == 1;

    /// <summary>The workflow has looked at the row: signals raised until now need no further nudge. Returns the status it saw.</summary>
    public async Task<ProjectStatus> LookAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        ProjectStatuses.Parse(await connection.QuerySingleAsync<string>(Command(
            "/* name: projects.look */ update projects set signal_seen = signal where id = @id returning status", new { id }, cancellationToken)));

    /// <summary>Projects with a run that was asked for and has not begun.</summary>
    public async Task<IReadOnlyList<(Guid Id, int Run)>> UnstartedAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<(Guid, int)>(Command("/* name: projects.unstarted */ select id, run from projects where run > run_started", new { }, cancellationToken))];

    /// <summary>Projects under way with a signal that their run has not seen within five seconds.</summary>
    public async Task<IReadOnlyList<(Guid Id, int Run)>> UnseenAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<(Guid, int)>(Command(
            """
            /* name: projects.unseen */
            select id, run from projects
            where signal > signal_seen and run > 0 and run = run_started and updated_at < @limit
              and status in ('VISION_REVIEW', 'PLANNING', 'IN_PROGRESS', 'PAUSED', 'STOPPING')
            """,
            new { limit = time.GetUtcNow() - TimeSpan.FromSeconds(5) }, cancellationToken))];
}
