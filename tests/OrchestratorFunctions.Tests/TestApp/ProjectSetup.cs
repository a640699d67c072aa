using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Tests.TestApp;

/// <summary>What a test begins with: people, projects in any state, documents, open gates.</summary>
internal static class ProjectSetup
{
    private static int deliveries;

    /// <summary>A project of Ada's in this state.</summary>
    public static async Task<Project> ProjectAsync(this Rooms rooms, ProjectStatus status = ProjectStatus.Brainstorming, string name = "Bakery", string address = Rooms.Chat)
    {
        var id = Guid.CreateVersion7(rooms.Time.GetUtcNow());
        await rooms.DoAsync(async connection =>
        {
            await rooms.Get<PeopleStore>().RememberAsync(connection, new Person(Rooms.Ada, "Ada"), default);
            await rooms.Get<PeopleStore>().RememberAsync(connection, new Person(Rooms.Bob, "Bob"), default);
            await rooms.Get<ProjectStore>().AddAsync(connection, new Project(id, name, address, Rooms.Ada, null, ProjectStatus.Brainstorming, null, 0), default);
        });
        if (status != ProjectStatus.Brainstorming)
        {
            await rooms.ExecuteAsync(
                "update projects set status = @status, paused_from = case when @status = 'PAUSED' then 'PLANNING' end, run = 1, run_started = 1 where id = @id", new { id, status = status.Stored() });
        }

        return await rooms.ProjectAsync(id);
    }

    public static async Task<Project> ProjectAsync(this Rooms rooms, Guid id) => (await rooms.Get<ProjectStore>().FindAsync(id, default))!;

    public static Task ApproverAsync(this Rooms rooms, Guid project, string person) =>
        rooms.ExecuteAsync("insert into project_approvers (project_id, person, added_at) values (@project, @person, now())", new { project, person });

    /// <summary>The next version of a document.</summary>
    public static Task<Document> DocumentAsync(this Rooms rooms, Guid project, DocumentKind kind = DocumentKind.Vision, string? key = null)
    {
        var domainKey = key ?? $"test:{Guid.NewGuid()}";
        return rooms.DoAsync(connection => rooms.Get<DocumentStore>().AddAsync(connection, new NewDocument(project, kind, domainKey, $"# {kind} {domainKey}", $"content {domainKey}"), default));
    }

    /// <summary>An open gate that judges a new version of a vision, with its question in the outbox.</summary>
    public static async Task<Guid> VisionGateAsync(this Rooms rooms, Guid project)
    {
        var document = await rooms.DocumentAsync(project);
        return await rooms.OpenAsync(new GateRequest(Guid.NewGuid(), project, GateKind.Vision, new DocumentRef(project, DocumentKind.Vision, document.Version, document.Sha256), document.Title));
    }

    /// <summary>An open gate that asks what to do after a failure.</summary>
    public static Task<Guid> ErrorGateAsync(this Rooms rooms, Guid project, bool maySkip = true) =>
        rooms.OpenAsync(new GateRequest(Guid.NewGuid(), project, GateKind.ErrorResolution, null, "Building failed", "It did not compile.", maySkip));

    public static async Task<Gate> GateAsync(this Rooms rooms, Guid id) => (await rooms.DoAsync(connection => rooms.Get<GateStore>().FindAsync(connection, id, default)))!;

    /// <summary>Decides a gate in a transaction of its own.</summary>
    public static Task<DecisionResult> DecideAsync(this Rooms rooms, Guid gate, GateStatus decision, string person = Rooms.Ada, string? reason = null, bool mayAct = true) =>
        rooms.DoAsync(connection => rooms.Get<GateDecisions>().DecideAsync(connection, gate, decision, new Decider(person, Rooms.Chat, mayAct), reason, default));

    /// <summary>Something that arrives for the first time.</summary>
    public static IncomingDelivery Delivery(DeliveryKind kind, string text, string person = Rooms.Ada, bool mayAct = true, string address = Rooms.Chat) =>
        new("telegram:7", Interlocked.Increment(ref deliveries).ToString(System.Globalization.CultureInfo.InvariantCulture), address, person, kind, text, mayAct);

    /// <summary>Sends something in, as a channel does; the toast is the answer.</summary>
    public static Task<string?> ReceiveAsync(this Rooms rooms, DeliveryKind kind, string text, string person = Rooms.Ada, bool mayAct = true) =>
        rooms.Get<Intake>().ReceiveAsync(Delivery(kind, text, person, mayAct), person == Rooms.Bob ? "Bob" : "Ada", default);

    /// <summary>The token of a button that stands for this.</summary>
    public static Task<string> ButtonAsync(this Rooms rooms, string verb, Guid? subject = null) =>
        rooms.DoAsync(connection => rooms.Get<ButtonStore>().AddAsync(connection, new OutboxButton("Label", verb, subject), default));

    public static Task SayAsync(this Rooms rooms, OutboxMessage message) => rooms.DoAsync(connection => rooms.Get<OutboxStore>().AppendAsync(connection, message, default));

    /// <summary>What the app has said so far, oldest first.</summary>
    public static Task<IReadOnlyList<string>> SaidAsync(this Rooms rooms) => rooms.ListAsync<string>("select markdown from outbox order by id");

    /// <summary>The audit trail as <c>action result</c>, oldest first.</summary>
    public static Task<IReadOnlyList<string>> AuditAsync(this Rooms rooms) => rooms.ListAsync<string>("select action || ' ' || result from audit_entries where action <> 'trail_begun' order by id");

    private static async Task<Guid> OpenAsync(this Rooms rooms, GateRequest request)
    {
        await rooms.RunAsync<OpenGate, GateRequest, GateView>(request);
        return request.GateId;
    }
}
