using OrchestratorFunctions.Audit.Trail;
using OrchestratorFunctions.Conversations.Forgetting;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Conversations;

public sealed class ForgetTests
{
    [Fact]
    public async Task Forget_asks_first_and_then_leaves_nothing_that_names_the_person()
    {
        await using var rooms = await Rooms.CreateAsync();
        var own = await rooms.ProjectAsync(ProjectStatus.VisionReview);
        var gate = await rooms.VisionGateAsync(own.Id);
        await rooms.DecideAsync(gate, OrchestratorFunctions.Approvals.GateStatus.Rejected, reason: "my words");
        await rooms.ExecuteAsync("update projects set status = 'CANCELLED'");
        var team = await rooms.ProjectAsync(ProjectStatus.VisionReview, "Team", "telegram:-5");
        await rooms.ApproverAsync(team.Id, Rooms.Bob);
        var shared = await rooms.VisionGateAsync(team.Id);
        await rooms.DecideAsync(shared, OrchestratorFunctions.Approvals.GateStatus.Rejected, reason: "my words");

        await rooms.ReceiveAsync(DeliveryKind.Command, "/forget");
        Assert.Contains("**Bakery**", (await rooms.SaidAsync())[^1], StringComparison.Ordinal);
        Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from people where person = 'telegram:1001'"));

        var button = await rooms.ReadAsync<string>("select token from buttons where verb = 'person.forget'");
        Assert.Equal("Forgotten. I do not know you any more.", await rooms.ReceiveAsync(DeliveryKind.Press, button));
        Assert.Equal([], await MentionsAsync(rooms, "1001"));
        Assert.Equal([], await MentionsAsync(rooms, "my words"));
        Assert.Equal(("REJECTED", "forgotten"), (await rooms.ReadAsync<string>("select status from gates"), await rooms.ReadAsync<string>("select decided_by from gates")));
        Assert.Equal(["Team"], await rooms.ListAsync<string>("select name from projects"));
        var verdict = await new AuditReading(new AuditTrailStore(rooms.DataSource)).VerifyAsync(default);
        Assert.Equal([], verdict.Faults);
        Assert.Contains("person_forgotten success", await rooms.AuditAsync());
    }

    [Fact]
    public async Task What_is_under_way_has_to_be_stopped_first()
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.ProjectAsync(ProjectStatus.Planning);
        Assert.Equal("First stop Bakery with /stop.", await rooms.ReceiveAsync(DeliveryKind.Press, await rooms.ButtonAsync(ForgetCommand.Verb)));
        Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from projects"));
        Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from people where person = 'telegram:1001'"));
    }

    [Fact]
    public async Task In_a_group_it_asks_to_be_asked_in_private()
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.Get<Intake>().ReceiveAsync(ProjectSetup.Delivery(DeliveryKind.Command, "/forget", address: "telegram:-5"), "Ada", default);
        Assert.Contains("in our own chat", (await rooms.SaidAsync())[^1], StringComparison.Ordinal);
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from buttons"));
    }

    // Every text of every table of the app. As a word: the digits of an id may occur in any hash.
    private static async Task<IReadOnlyList<string>> MentionsAsync(Rooms rooms, string text)
    {
        var found = new List<string>();
        foreach (var table in await rooms.ListAsync<string>("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'schema_versions'"))
        {
            found.AddRange(await rooms.ListAsync<string>($"select '{table}: ' || t::text from {table} t where t::text ~ '\\m{text}\\M'"));
        }

        return found;
    }
}
