using DurableTask;
using DurableTask.PostgreSql;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Visions;
using TestKit.PostgreSql;

namespace OrchestratorFunctions.Tests.Visions;

/// <summary>A project with a talk in a real database.</summary>
internal sealed class ProjectRoom : IAsyncDisposable
{
    private readonly TestDatabase database;
    private long inbox;

    private ProjectRoom(TestDatabase database)
    {
        this.database = database;
        Projects = new ProjectStore(database.DataSource, Time);
        Documents = new DocumentStore(database.DataSource, Time);
        Visions = new VisionStore(database.DataSource);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 24, 8, 0, 0, TimeSpan.Zero));

    public ProjectStore Projects { get; }

    public DocumentStore Documents { get; }

    public VisionStore Visions { get; }

    public Project Project { get; private set; } = null!;

    public static async Task<ProjectRoom> CreateAsync()
    {
        DapperConventions.Apply();
        var room = new ProjectRoom(await TestDatabase.CreateAsync(
            "app", url => new SchemaMigrator(url, typeof(ProjectStore).Assembly, typeof(SchemaMigrator).Assembly).UpAsync(CancellationToken.None)));
        room.Project = new Project(Guid.CreateVersion7(room.Time.GetUtcNow()), "Bakery", "telegram:42", "telegram:7", null, ProjectStatus.Brainstorming, null, 0);
        await room.database.DataSource.InTransactionAsync((connection, token) => room.Projects.AddAsync(connection, room.Project, token), default);
        await room.NewTopicAsync();
        return room;
    }

    public DraftVision Drafting(LanguageModel model) =>
        new(database.DataSource, Projects, Documents, Visions, new VisionDrafting(model, new StructuredOutput(model)), new AuditLog(Time), new AppMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>()));

    public async Task NewTopicAsync() => await ExecuteAsync(
        "update topics set ended_at = @now where project_id = @id and ended_at is null; insert into topics (id, project_id, title, started_at) values (@topic, @id, 'talk', @now)",
        new { id = Project.Id, topic = Guid.NewGuid(), now = Time.GetUtcNow() });

    public async Task SayAsync(params string[] said)
    {
        foreach (var text in said)
        {
            await ExecuteAsync(
                """
                insert into messages (address, project_id, topic_id, role, content, inbox_id, created_at)
                select 'telegram:42', @id, t.id, r.role, r.content, @inbox, @now from topics t, (values (1, 'USER', @text), (2, 'ASSISTANT', 'noted')) r (n, role, content)
                where t.project_id = @id and t.ended_at is null order by r.n
                """,
                new { id = Project.Id, text, inbox = ++inbox, now = Time.GetUtcNow() });
        }
    }

    public async Task<IReadOnlyList<string>> AuditAsync()
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>("select action || ' ' || details from audit_entries where project_id is not null order by id")];
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private async Task ExecuteAsync(string sql, object parameters)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }
}

/// <summary>An activity's call as a test makes it.</summary>
internal sealed class Call : TaskActivityContext
{
    public override TaskName Name => nameof(DraftVision);

    public override string InstanceId => "test";

    public override CancellationToken CancellationToken => default;
}
