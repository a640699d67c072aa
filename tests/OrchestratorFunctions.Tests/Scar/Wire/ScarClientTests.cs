using DurableTask;
using OrchestratorFunctions.Scar.Wire;
using TestKit.Scar;
using Xunit;

namespace OrchestratorFunctions.Tests.Scar.Wire;

public sealed class ScarClientTests : IAsyncLifetime
{
    private readonly ScarStandIn scar = new();

    public Task InitializeAsync() => scar.StartAsync();

    public async Task DisposeAsync() => await scar.DisposeAsync();

    [Theory]
    [InlineData(500, "{\"error\":\"Internal server error\"}", ScarFault.Broken)]
    [InlineData(502, "<html>Bad gateway</html>", ScarFault.Broken)]
    [InlineData(429, "", ScarFault.Broken)]
    [InlineData(200, "<!DOCTYPE html><html></html>", ScarFault.Unreadable)]
    [InlineData(200, "", ScarFault.Unreadable)]
    [InlineData(200, "null", ScarFault.Unreadable)]
    [InlineData(200, "[]", ScarFault.Unreadable)]
    [InlineData(200, "{}", ScarFault.Unreadable)]
    public async Task Every_odd_answer_has_a_name(int status, string body, object fault)
    {
        scar.Trouble.Fail(2, status, body);
        Assert.Equal(fault, (await Assert.ThrowsAsync<ScarException>(() => Client().MessagesAsync("c", default))).Fault);
        Assert.Equal(fault, (await Assert.ThrowsAsync<ScarException>(() => Client().LoadAsync(default))).Fault);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(413)]
    [InlineData(302)]
    public async Task A_refused_request_is_not_tried_again_and_its_page_is_not_repeated(int status)
    {
        scar.Trouble.Fail(1, status, "<pre>SyntaxError at /srv/secret/path.js</pre>", contentType: "text/html");
        var fault = await Assert.ThrowsAsync<PermanentFailureException>(() => Client().SendAsync("c", "m", default));
        Assert.DoesNotContain("secret", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_of_more_than_a_hundred_kilobytes_is_refused_by_the_agent_and_named() =>
        await Assert.ThrowsAsync<PermanentFailureException>(() => Client().SendAsync("c", new string('x', 103_000), default));

    [Fact]
    public async Task A_refused_connection_says_that_nothing_was_sent()
    {
        await scar.StopAsync();
        Assert.Equal(ScarFault.Refused, (await Assert.ThrowsAsync<ScarException>(() => Client().SendAsync("c", "m", default))).Fault);
    }

    [Fact]
    public async Task A_cut_connection_says_that_the_request_may_have_arrived()
    {
        scar.Trouble.Cut();
        Assert.Equal(ScarFault.NoAnswer, (await Assert.ThrowsAsync<ScarException>(() => Client().SendAsync("c", "m", default))).Fault);
    }

    [Fact]
    public async Task A_late_answer_says_that_the_request_may_have_arrived()
    {
        scar.Trouble.Hold();
        Assert.Equal(ScarFault.NoAnswer, (await Assert.ThrowsAsync<ScarException>(() => Client(TimeSpan.FromMilliseconds(200)).SendAsync("c", "m", default))).Fault);
    }

    [Fact]
    public async Task A_cancelled_call_is_cancelled_and_no_fault_of_the_agent()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client().SendAsync("c", "m", cancelled.Token));
    }

    [Fact]
    public async Task Ids_reach_the_agent_whatever_they_hold()
    {
        const string id = "a/b ?#å..";
        await Client().SendAsync(id, "/getcwd", default);
        await scar.Changes.UntilAsync(() => scar.Sent(id).Count == 1, "the answer");
        Assert.Equal("Current working directory: Not set", Assert.Single(await Client().MessagesAsync(id, default)).Message);
    }

    [Fact]
    public async Task An_emptied_queue_does_not_count_as_load()
    {
        scar.Trouble.Fail(1, 200, """{"status":"ok","active":1,"queuedTotal":2,"queuedByConversation":[{"conversationId":"k0","queuedMessages":0},{"conversationId":"k2","queuedMessages":2}],"maxConcurrent":10,"activeConversationIds":["k1"]}""");
        var load = await Client().LoadAsync(default);
        Assert.Equal((false, true, true), (load.Lists("k0"), load.Lists("k1"), load.Lists("k2")));
    }

    [Fact]
    public async Task A_question_is_answered_by_what_stands_before_its_fence()
    {
        var answers = await new ScarDialogue(Client(), TimeProvider.System).AskAsync("c", ["/getcwd", "/commands"], default);
        Assert.Equal(["Current working directory: Not set", "No codebase configured."], answers);
    }

    [Fact]
    public async Task A_late_answer_to_an_earlier_question_is_not_taken_for_the_answer()
    {
        scar.HoldRuns();
        await Client().SendAsync("c", "/repo demo-app", default);
        await Client().SendAsync("c", "/command-invoke prime", default);
        await Client().SendAsync("c", "/getcwd", default);
        var asked = new ScarDialogue(Client(), TimeProvider.System).AskAsync("c", ["/commands"], default);
        scar.ReleaseRuns();
        Assert.StartsWith("Registered Commands:", Assert.Single(await asked), StringComparison.Ordinal);
    }

    private ScarClient Client(TimeSpan? deadline = null) => new(new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        BaseAddress = new Uri(scar.Address + "/"), Timeout = deadline ?? ScarClient.Deadline,
    });
}
