using System.Collections.Concurrent;
using DurableTask;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Moq;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Tests.TestApp;
using OrchestratorFunctions.Visions;
using OrchestratorFunctions.Workflow;

namespace OrchestratorFunctions.Tests.Workflow;

/// <summary>
/// One run of the workflow over a real database, with the real gates. Ada presses and commands through the real intake, whose nudges
/// reach the run; a test plays the coding agent and the writer of visions.
/// </summary>
internal sealed class RunScene : IAsyncDisposable
{
    private readonly InlineHub hub;
    private Task<object?> run = null!;

    private RunScene(Rooms rooms)
    {
        Rooms = rooms;
        hub = new InlineHub(rooms.Time, ActivityAsync, OrchestrateAsync);
        rooms.Hub.Setup(client => client.RaiseEventAsync(It.IsAny<string>(), It.IsAny<string>(), null, It.IsAny<CancellationToken>()))
            .Callback((string id, string name, object? _, CancellationToken _) => hub.Raise(id, name)).Returns(Task.CompletedTask);
    }

    public Rooms Rooms { get; }

    public Guid ProjectId { get; private set; }

    /// <summary>What was begun, in order: <c>vision</c>, <c>prime</c>, <c>gate Vision, version 1</c>, <c>stop prime</c>.</summary>
    public ConcurrentQueue<string> Steps { get; } = new();

    public ConcurrentQueue<ScarCommandRequest> Commands { get; } = new();

    /// <summary>Plays the coding agent; null: it works until it is stopped.</summary>
    public Func<ScarCommandRequest, ScarOutcome?> Agent { get; set; } = _ => ScarOutcome.Succeeded;

    /// <summary>Plays the writing of a vision; null: it never ends.</summary>
    public Func<DraftVisionRequest, Task> Writer { get; set; } = _ => Task.CompletedTask;

    /// <summary>A project whose vision was asked for, and its run.</summary>
    public static async Task<RunScene> StartAsync(string? repository = "octocat/demo-app", Action<RunScene>? before = null)
    {
        var rooms = await Rooms.CreateAsync(services => services.AddScar(new ConfigurationBuilder().Build()));
        var scene = new RunScene(rooms);
        scene.ProjectId = (await rooms.ProjectAsync()).Id;
        await rooms.ExecuteAsync("update projects set repository = @repository", new { repository });
        await rooms.DoAsync(connection => rooms.Get<ProjectProgress>().RequestRunAsync(connection, scene.ProjectId, default));
        before?.Invoke(scene);
        scene.run = Task.Run(() => scene.hub.StartAsync(nameof(ProjectOrchestrator), $"project:{scene.ProjectId}:1", new ProjectStart(scene.ProjectId, 1)));
        return scene;
    }

    public async Task<ProjectStatus> EndAsync() => ((ProjectOutcome)(await run.WaitAsync(TimeSpan.FromSeconds(30)))!).Status;

    /// <summary>Waits until this is the newest step.</summary>
    public Task AtAsync(string step) => UntilAsync(() => Steps.LastOrDefault() == step, step);

    /// <summary>Waits for the question and answers it with this button.</summary>
    public async Task PressAsync(string gate, string label, params string[] soFar)
    {
        await AtAsync($"gate {gate}");
        Assert.True(soFar.Length == 0 || soFar.SequenceEqual(Steps), string.Join(", ", Steps));
        await Rooms.ReceiveAsync(DeliveryKind.Press, await ButtonAsync(gate, label) ?? throw new InvalidOperationException($"{gate} has no button {label}."));
    }

    /// <summary>Sends the document back, as the person's next words after Change do.</summary>
    public async Task ChangeAsync(string gate, string reason)
    {
        await AtAsync($"gate {gate}");
        var id = await Rooms.ReadAsync<Guid>("select id from gates where status = 'PENDING'");
        await Rooms.Get<OrchestratorFunctions.Operations.Wakeups>().SendAsync((await Rooms.DecideAsync(id, GateStatus.Rejected, reason: reason)).Wakeups, default);
    }

    /// <summary>The labels under the open question.</summary>
    public Task<IReadOnlyList<string>> LabelsAsync() => Rooms.ListAsync<string>(
        "select b ->> 'label' from outbox o, jsonb_array_elements(o.buttons) with ordinality as x (b, n) where o.gate_id = (select id from gates where status = 'PENDING') order by o.id, n");

    public Task CommandAsync(string text) => Rooms.ReceiveAsync(DeliveryKind.Command, text);

    public Task<string> StatusAsync() => Rooms.ReadAsync<string>("select status from projects");

    /// <summary>The nudge that tells the run to look at its project.</summary>
    public Task NudgeAsync() => Rooms.Get<OrchestratorFunctions.Operations.Wakeups>().SendAsync([new($"project:{ProjectId}:1", ProjectRun.ChangedEvent)], default);

    /// <summary>Lets time pass, until the gate has noticed; it may be just about to set its timer.</summary>
    public async Task PassAsync(TimeSpan wait, string until)
    {
        Rooms.Time.Advance(wait);
        var late = DateTime.UtcNow.AddSeconds(30);
        while (!await Rooms.ReadAsync<bool>($"select {until}"))
        {
            Assert.True(DateTime.UtcNow < late, until);
            Rooms.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }
    }

    /// <summary>Waits until the database says so.</summary>
    public async Task UntilAsync(string sql)
    {
        var late = DateTime.UtcNow.AddSeconds(30);
        while (!await Rooms.ReadAsync<bool>($"select {sql}"))
        {
            Assert.True(DateTime.UtcNow < late, $"{sql} did not come true after {string.Join(", ", Steps)}");
            await Task.Delay(5);
        }
    }

    public ValueTask DisposeAsync() => Rooms.DisposeAsync();

    private async Task UntilAsync(Func<bool> condition, string what)
    {
        var late = DateTime.UtcNow.AddSeconds(30);
        while (!condition())
        {
            Assert.False(run.IsFaulted, run.Exception?.ToString());
            Assert.True(DateTime.UtcNow < late, $"Waited for {what}, seen: {string.Join(", ", Steps)}");
            await Task.Delay(5);
        }
    }

    private Task<string?> ButtonAsync(string gate, string label) => Rooms.ReadAsync<string?>(
        "select b ->> 'token' from outbox o, jsonb_array_elements(o.buttons) b where o.markdown like '%: ' || @gate || '**%' and b ->> 'label' = @label order by o.id desc limit 1", new { gate, label });

    private async Task<object?> OrchestrateAsync(string name, InlineInstance context, object? input) => name switch
    {
        nameof(ProjectOrchestrator) => await new ProjectOrchestrator().RunAsync(context, (ProjectStart)input!),
        nameof(ApprovalGateOrchestrator) => await new ApprovalGateOrchestrator().RunAsync(context, (GateRequest)input!),
        nameof(ScarCommandOrchestrator) => await WorkAsync(context, (ScarCommandRequest)input!),
        _ => throw new NotSupportedException(name),
    };

    private async Task<object?> WorkAsync(InlineInstance context, ScarCommandRequest request)
    {
        var name = request.Command.ToString().ToLowerInvariant();
        Commands.Enqueue(request);
        Steps.Enqueue(name);
        if (Agent(request) is { } outcome)
        {
            return new ScarCommandOutcome(request.ExecutionId, outcome, outcome == ScarOutcome.Succeeded ? null : "the reason", "feature/x", "0123456", "https://github.com/octocat/demo-app/pull/1");
        }

        await context.WaitForExternalEvent<object?>(ScarCommands.StopEvent);
        Steps.Enqueue($"stop {name}");
        return new ScarCommandOutcome(request.ExecutionId, ScarOutcome.Stopped, "stopped", null, null, null);
    }

    private async Task<object?> ActivityAsync(string name, object? input)
    {
        switch (name)
        {
            case nameof(BeginRun): return await Rooms.RunAsync<BeginRun, ProjectStart, int>((ProjectStart)input!);
            case nameof(EnterPhase): return await Rooms.RunAsync<EnterPhase, Phase, ProjectView>((Phase)input!);
            case nameof(LookAtProject): return await Rooms.RunAsync<LookAtProject, ProjectStart, ProjectView>((ProjectStart)input!);
            case nameof(AskForRepository): return await Rooms.RunAsync<AskForRepository, ProjectStart, ProjectView>((ProjectStart)input!);
            case nameof(PauseRun): return await Rooms.RunAsync<PauseRun, RunPause, ProjectView>((RunPause)input!);
            case nameof(KeepDocument): return await Rooms.RunAsync<KeepDocument, DocumentToKeep, DocumentRef>((DocumentToKeep)input!);
            case nameof(EndRun): return await Rooms.RunAsync<EndRun, RunEnd, ProjectStatus>((RunEnd)input!);
            case nameof(LookAtGate): return await Rooms.RunAsync<LookAtGate, Guid, GateView>((Guid)input!);
            case nameof(AcknowledgeGate): return await Rooms.RunAsync<AcknowledgeGate, Guid, bool>((Guid)input!);
            case nameof(OpenGate):
                var gate = (GateRequest)input!;
                var view = await Rooms.RunAsync<OpenGate, GateRequest, GateView>(gate);
                Steps.Enqueue($"gate {gate.Title}");
                return view;
            case nameof(DraftVision):
                var draft = (DraftVisionRequest)input!;
                Steps.Enqueue(draft.Reason is null ? "vision" : $"vision: {draft.Reason}");
                await Writer(draft);
                var document = await Rooms.DocumentAsync(ProjectId, DocumentKind.Vision, $"vision:{draft.Attempt}");
                return new DocumentRef(ProjectId, DocumentKind.Vision, document.Version, document.Sha256);
            default: throw new NotSupportedException(name);
        }
    }
}
