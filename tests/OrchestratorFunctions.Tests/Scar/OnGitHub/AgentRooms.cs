using System.Text;
using System.Text.Json.Nodes;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Tests.GitHub;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.Scar.OnGitHub;

/// <summary>Runs of the coding agent by way of GitHub, step by step, with a repository and a project that works in it.</summary>
internal sealed class AgentRooms : IAsyncDisposable
{
    public const string Agent = "scar-agent";
    private readonly GitHubRooms rooms;
    private int deliveries;

    private AgentRooms(GitHubRooms rooms, GitHubRepository repository, Project project) => (this.rooms, Repository, Project) = (rooms, repository, project);

    public Rooms Rooms => rooms.Rooms;

    public GitHubStandIn GitHub => rooms.GitHub;

    public GitHubRepository Repository { get; }

    public Project Project { get; }

    public static async Task<AgentRooms> StartAsync()
    {
        var started = await GitHubRooms.StartAsync(settings: [("SCAR_TRANSPORT", "github"), ("SCAR_GITHUB_LOGIN", Agent)]);
        started.Rooms.Time.SetUtcNow(TimeProvider.System.GetUtcNow());
        return new AgentRooms(started, started.GitHub.AddRepository("octocat/demo-app"), await started.Rooms.ProjectAsync(ProjectStatus.InProgress));
    }

    /// <summary>A run that was prepared.</summary>
    public async Task<Guid> PreparedAsync(ScarCommand command = ScarCommand.Plan, string? address = null, string repository = "octocat/demo-app")
    {
        var request = new ScarCommandRequest(Guid.CreateVersion7(), Project.Id, repository, command, null, address ?? Project.Address, "Planning");
        await Rooms.RunAsync<PrepareScarCommand, ScarCommandRequest, ScarStep>(request);
        return request.ExecutionId;
    }

    /// <summary>A run whose command is with the agent.</summary>
    public async Task<Guid> SentAsync(ScarCommand command = ScarCommand.Plan, string? address = null)
    {
        var id = await PreparedAsync(command, address);
        Assert.Equal(ScarStage.Send, (await SelectAsync(id)).Stage);
        Assert.Equal(ScarStage.Poll, (await SendAsync(id)).Stage);
        return id;
    }

    public Task<ScarStep> SelectAsync(Guid id) => Rooms.RunAsync<SelectRepository, Guid, ScarStep>(id);

    public Task<ScarStep> SendAsync(Guid id) => Rooms.RunAsync<SendScarCommand, Guid, ScarStep>(id);

    public Task<ScarStep> PollAsync(Guid id) => Rooms.RunAsync<PollScarCommand, Guid, ScarStep>(id);

    public Task<string> NonceAsync(Guid id) => Rooms.ReadAsync<string>("select nonce from scar_executions where id = @id", new { id });

    public Task<int> IssueAsync(Guid id) => Rooms.ReadAsync<int>("select number from agent_commands where execution_id = @id", new { id });

    /// <summary>A comment that is delivered; why it was ignored, or null.</summary>
    public async Task<string?> SaidAsync(string login, int number, string body, string action = "created", long? id = null, string? author = null)
    {
        using var person = new GitHubPerson(GitHub, Repository, new Uri("http://127.0.0.1:1"), login, login.Length);
        var payload = person.CommentPayload(number, body);
        payload["action"] = action;
        payload["comment"]!["id"] = id ?? (long)payload["comment"]!["id"]!;
        payload["comment"]!["user"]!["login"] = author ?? login;
        return await DeliverAsync("issue_comment", payload);
    }

    public async Task<string?> DeliverAsync(string name, JsonObject payload)
    {
        var read = Payload.Read(Encoding.UTF8.GetBytes(payload.ToJsonString()));
        return await Rooms.Get<EventHandling>().HandleAsync(
            new StoredDelivery(1, $"test-{Interlocked.Increment(ref deliveries)}", name, "{}", 1, Rooms.Time.GetUtcNow(), default), Rooms.Get<EventReader>().Read(name, read), default);
    }

    public ValueTask DisposeAsync() => rooms.DisposeAsync();
}
