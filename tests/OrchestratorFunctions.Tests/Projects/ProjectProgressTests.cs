using Npgsql;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;
using static OrchestratorFunctions.Projects.ProjectStatus;

namespace OrchestratorFunctions.Tests.Projects;

public sealed class ProjectProgressTests
{
    private static readonly Dictionary<string, (ProjectStatus[] From, ProjectStatus? To, Func<ProjectProgress, NpgsqlConnection, Guid, Task<bool>> Move)> Moves = new(StringComparer.Ordinal)
    {
        ["request a run"] = ([Brainstorming], VisionReview, (progress, connection, id) => progress.RequestRunAsync(connection, id, default)),
        ["enter"] = ([Brainstorming, VisionReview, Planning, InProgress], InProgress, (progress, connection, id) => progress.EnterAsync(connection, id, InProgress, "building", default)),
        ["pause"] = ([VisionReview, Planning, InProgress], Paused, (progress, connection, id) => progress.PauseAsync(connection, id, "waiting", default)),
        ["resume"] = ([Paused], Planning, (progress, connection, id) => progress.ResumeAsync(connection, id, default)),
        ["stop"] = ([VisionReview, Planning, InProgress, Paused], Stopping, (progress, connection, id) => progress.StopAsync(connection, id, default)),
        ["cancel"] = ([Brainstorming, VisionReview, Planning, InProgress, Paused, Stopping], Cancelled, (progress, connection, id) => progress.EndAsync(connection, id, Cancelled, default)),
        ["complete"] = ([Brainstorming, VisionReview, Planning, InProgress, Paused], Completed, (progress, connection, id) => progress.EndAsync(connection, id, Completed, default)),
        ["back to talking"] = ([Brainstorming, VisionReview, Planning, InProgress, Paused], Brainstorming, (progress, connection, id) => progress.EndAsync(connection, id, Brainstorming, default)),
    };

    public static TheoryData<string> MoveNames => [.. Moves.Keys];

    [Theory]
    [MemberData(nameof(MoveNames))]
    public async Task A_move_is_legal_from_exactly_these_states(string name)
    {
        var (from, to, move) = Moves[name];
        await using var rooms = await Rooms.CreateAsync();
        foreach (var status in Enum.GetValues<ProjectStatus>())
        {
            var project = await rooms.ProjectAsync(status);
            var moved = await rooms.DoAsync(connection => move(rooms.Get<ProjectProgress>(), connection, project.Id));
            Assert.True(from.Contains(status) == moved, $"{name} from {status}: {moved}");
            Assert.Equal(moved ? to : status, (await rooms.ProjectAsync(project.Id)).Status);
        }
    }

    [Fact]
    public async Task A_pause_ends_where_it_began()
    {
        await using var rooms = await Rooms.CreateAsync();
        foreach (var status in new[] { VisionReview, Planning, InProgress })
        {
            var project = await rooms.ProjectAsync(status);
            Assert.True(await rooms.DoAsync(connection => rooms.Get<ProjectProgress>().PauseAsync(connection, project.Id, "waiting", default)));
            Assert.Equal((Paused, "waiting"), ((await rooms.ProjectAsync(project.Id)).Status, (await rooms.ProjectAsync(project.Id)).Activity));
            Assert.True(await rooms.DoAsync(connection => rooms.Get<ProjectProgress>().ResumeAsync(connection, project.Id, default)));
            Assert.Equal(status, (await rooms.ProjectAsync(project.Id)).Status);
        }
    }

    [Fact]
    public async Task Of_many_requests_for_a_run_one_is_taken()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < 5; round++)
        {
            var project = await rooms.ProjectAsync();
            var taken = await Race.RunAsync(8, _ => rooms.DoAsync(connection => rooms.Get<ProjectProgress>().RequestRunAsync(connection, project.Id, default)));
            Assert.Single(taken, true);
            Assert.Equal(1, (await rooms.ProjectAsync(project.Id)).Run);
        }
    }

    [Fact]
    public async Task A_run_that_has_not_begun_is_found_until_it_has()
    {
        await using var rooms = await Rooms.CreateAsync();
        var progress = rooms.Get<ProjectProgress>();
        var project = await rooms.ProjectAsync();
        Assert.Empty(await rooms.DoAsync(connection => progress.UnstartedAsync(connection, default)));
        await rooms.DoAsync(connection => progress.RequestRunAsync(connection, project.Id, default));
        Assert.Equal([(project.Id, 1)], await rooms.DoAsync(connection => progress.UnstartedAsync(connection, default)));
        await rooms.DoAsync(connection => progress.StartedAsync(connection, project.Id, 2, default));
        Assert.Equal([(project.Id, 1)], await rooms.DoAsync(connection => progress.UnstartedAsync(connection, default)));
        await rooms.DoAsync(connection => progress.StartedAsync(connection, project.Id, 1, default));
        await rooms.DoAsync(connection => progress.StartedAsync(connection, project.Id, 1, default));
        Assert.Empty(await rooms.DoAsync(connection => progress.UnstartedAsync(connection, default)));
    }

    [Fact]
    public async Task A_signal_that_nobody_has_looked_at_is_found_after_five_seconds()
    {
        await using var rooms = await Rooms.CreateAsync();
        var progress = rooms.Get<ProjectProgress>();
        var project = await rooms.ProjectAsync(Planning);
        await rooms.DoAsync(connection => rooms.Get<ProjectStore>().SetRepositoryAsync(connection, project.Id, "acme/app", default));
        Assert.Empty(await rooms.DoAsync(connection => progress.UnseenAsync(connection, default)));
        rooms.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal([(project.Id, 1)], await rooms.DoAsync(connection => progress.UnseenAsync(connection, default)));
        Assert.Equal(Planning, await rooms.DoAsync(connection => progress.LookAsync(connection, project.Id, default)));
        Assert.Empty(await rooms.DoAsync(connection => progress.UnseenAsync(connection, default)));
    }

    [Fact]
    public void Every_status_is_read_as_it_is_stored() =>
        Assert.All(Enum.GetValues<ProjectStatus>(), status => Assert.Equal(status, ProjectStatuses.Parse(status.Stored())));
}
