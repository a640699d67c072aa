using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TestKit.Scar;

namespace TestKit.Tests.Scar;

public sealed class ScarRunTests : IAsyncLifetime
{
    private readonly ScarStandIn scar = new();
    private Client client = null!;

    public async Task InitializeAsync()
    {
        await scar.StartAsync();
        client = new Client(scar);
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await scar.DisposeAsync();
    }

    [Fact]
    public async Task A_run_answers_at_once_and_keeps_the_fence_behind_its_last_word()
    {
        scar.HoldRuns();
        await client.AskAsync("c", "/repo demo-app");
        await client.PostAsync("c", "/command-invoke prime");
        await client.PostAsync("c", "/getcwd");
        await scar.Changes.UntilAsync(() => scar.Runs.Count == 1, "the run");
        Assert.Equal(2, (await client.ListAsync("c")).Count);
        var load = await client.Http.GetFromJsonAsync<JsonNode>("/health/concurrency");
        Assert.Equal((1, 1), (load!["active"]!.GetValue<int>(), load["queuedTotal"]!.GetValue<int>()));

        scar.ReleaseRuns();
        var replies = await client.AskAsync("c");

        Assert.Equal("Current working directory: /workspace/demo-app", (await client.ListAsync("c"))[^2]);
        Assert.DoesNotContain(replies, reply => reply.StartsWith("⚠️", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ten_conversations_run_and_the_eleventh_waits_even_with_a_question()
    {
        scar.HoldRuns();
        for (var index = 0; index < 10; index++)
        {
            await client.AskAsync($"c{index}", "/repo demo-app");
            await client.PostAsync($"c{index}", "/command-invoke prime");
        }

        await scar.Changes.UntilAsync(() => scar.Runs.Count == 10, "ten runs");
        await client.PostAsync("late", "/getcwd");
        var load = await client.Http.GetFromJsonAsync<JsonNode>("/health/concurrency");

        Assert.Equal((10, 1), (load!["active"]!.GetValue<int>(), load["queuedTotal"]!.GetValue<int>()));
        scar.ReleaseRuns();
        await scar.Changes.UntilAsync(() => scar.Sent("late").Count == 1, "the late answer");
    }

    [Fact]
    public async Task Stream_shows_text_and_tools_as_they_come_and_batch_loses_the_work_of_a_failed_run()
    {
        scar.OnCommand("validate", run =>
        {
            run.Say("I look.");
            run.Tool("bash", "ls -la");
            run.Say("📝 Notes\n\nKept.");
            run.Fail(ScarFailure.Forbidden);
            return Task.CompletedTask;
        });
        await client.AskAsync("c", "/repo demo-app");

        var stream = await client.AskAsync("c", "/command-invoke validate");
        await client.Http.PutAsJsonAsync("/test/mode", new { mode = "batch" });
        var batch = await client.AskAsync("c", "/command-invoke validate");

        Assert.Equal(["I look.", "🔧 BASH\nls -la", "📝 Notes\n\nKept.", ScarFailure.Forbidden.Reason!, ScarFailure.Forbidden.Last], stream);
        Assert.Equal(["The agent is on the case...", ScarFailure.Forbidden.Last], batch);
    }

    [Fact]
    public async Task Batch_joins_texts_and_drops_paragraphs_that_open_with_a_mark()
    {
        scar.OnCommand("validate", run =>
        {
            run.Say("One.");
            run.Tool("bash", "ls");
            run.Say("📝 Lost\n\nTwo.");
            return Task.CompletedTask;
        });
        await client.AskAsync("c", "/repo demo-app");
        await client.Http.PutAsJsonAsync("/test/mode", new { mode = "batch" });

        Assert.Equal(["The agent is on the case...", "One.\n\n---\n\nTwo."], await client.AskAsync("c", "/command-invoke validate"));
    }

    [Fact]
    public async Task A_silent_run_leaves_no_message_at_all()
    {
        scar.OnCommand("prime", _ => Task.CompletedTask);
        await client.AskAsync("c", "/repo demo-app");

        Assert.Empty(await client.AskAsync("c", "/command-invoke prime"));
    }

    [Fact]
    public async Task A_restart_loses_messages_queue_and_mode_and_keeps_the_conversation()
    {
        await client.AskAsync("c", "/repo demo-app");
        scar.HoldRuns();
        await client.Http.PutAsJsonAsync("/test/mode", new { mode = "batch" });
        await client.PostAsync("c", "/command-invoke prime");
        await client.PostAsync("c", "/getcwd");
        await scar.Changes.UntilAsync(() => scar.Runs.Count == 1, "the run");

        scar.Restart();
        Assert.Empty(await client.ListAsync("c"));
        scar.ReleaseRuns();
        await scar.Changes.UntilAsync(() => scar.Runs[0].EndedAt is not null, "the orphan's end");
        var replies = await client.AskAsync("c", "/status", "/command-invoke prime");

        Assert.Contains("Codebase: demo-app", replies[0], StringComparison.Ordinal);
        Assert.Contains("Active Session: ", replies[0], StringComparison.Ordinal);
        Assert.DoesNotContain("The agent is on the case...", replies);
        Assert.DoesNotContain(replies, reply => reply.StartsWith("Current working", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lost_sessions_fail_every_run_until_a_reset()
    {
        await client.AskAsync("c", "/repo demo-app", "/command-invoke prime");
        scar.LoseSessions();

        Assert.Equal([ScarFailure.ExitOnly.Last], await client.AskAsync("c", "/command-invoke prime"));
        Assert.Equal([ScarFailure.ExitOnly.Last], await client.AskAsync("c", "/command-invoke prime"));
        await client.AskAsync("c", "/reset");
        Assert.DoesNotContain(ScarFailure.ExitOnly.Last, await client.AskAsync("c", "/command-invoke prime"));
    }

    [Fact]
    public async Task It_goes_away_and_comes_back_at_the_same_address()
    {
        await client.AskAsync("c", "/repo demo-app");
        await scar.StopAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.Http.GetAsync("/health"));

        await scar.StartAsync();

        Assert.Equal("{\"status\":\"ok\"}", (await client.RawAsync(HttpMethod.Get, "/health")).Body);
    }
}
