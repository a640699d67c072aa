namespace DurableTask.Conformance;

/// <summary>What every backend of the engine does alike, asked of each through its own client.</summary>
public abstract class EngineConformance : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private DurableTaskClient? client;

    protected DurableTaskClient Client => client!;

    public async Task InitializeAsync() => client = await StartAsync();

    public Task DisposeAsync() => StopAsync();

    /// <summary>Starts a hub of its own with a worker for the <see cref="Programs"/>.</summary>
    protected abstract Task<DurableTaskClient> StartAsync();

    protected abstract Task StopAsync();

    [Fact]
    public async Task Activities_run_one_after_another_and_the_status_follows()
    {
        var end = await EndAsync(await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Chain), 5));
        Assert.Equal(20, end.ReadOutputAs<int>());
        Assert.Equal("""{"step":2}""", end.SerializedCustomStatus);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, end.RuntimeStatus);
    }

    [Fact]
    public async Task Activities_run_side_by_side() => Assert.Equal(110, (await RunAsync(nameof(Programs.FanOut), 10)).ReadOutputAs<int>());

    [Fact]
    public async Task A_failing_activity_is_tried_again_by_the_policy() =>
        Assert.Equal("call 3 of tried", (await RunAsync(nameof(Programs.Tries), nameof(Programs.Flaky), "tried")).ReadOutputAs<string>());

    [Fact]
    public async Task A_permanent_failure_is_not_tried_again_and_arrives_with_its_reason() =>
        Assert.Equal("Refuse: DurableTask.PermanentFailureException: never", (await RunAsync(nameof(Programs.Tries), nameof(Programs.Refuse))).ReadOutputAs<string>());

    [Fact]
    public async Task A_child_knows_its_parent_and_answers_it() =>
        Assert.Equal("child said word of mother", (await RunAsync(nameof(Programs.Family), "word", "mother")).ReadOutputAs<string>());

    [Fact]
    public async Task A_child_that_fails_by_its_own_decision_tells_its_parent_why() =>
        Assert.Equal("child failed: System.InvalidOperationException: no such luck", (await RunAsync(nameof(Programs.Family), "fail")).ReadOutputAs<string>());

    [Fact]
    public async Task A_child_that_is_ended_on_purpose_is_not_called_again()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Family), "wait", new StartOrchestrationOptions("ended"));
        await UntilAsync("ended:child", one => one.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await Client.TerminateInstanceAsync("ended:child");
        Assert.StartsWith("child failed: DurableTask.OrchestrationTerminated", (await EndAsync(id)).ReadOutputAs<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_that_come_early_are_kept_and_names_are_compared_without_regard_to_case()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Waits), new[] { "second", "first", "first" });
        await Client.RaiseEventAsync(id, "FIRST", "a");
        await Client.RaiseEventAsync(id, "first", "b");
        await Client.RaiseEventAsync(id, "Second", "c");
        Assert.Equal("c,a,b", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_timer_never_ends_early() =>
        Assert.True((await RunAsync(nameof(Programs.Sleeps), TimeSpan.FromMilliseconds(1500))).ReadOutputAs<TimeSpan>() >= TimeSpan.FromMilliseconds(1500));

    [Fact]
    public async Task Letters_are_carried_over_from_one_generation_to_the_next()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Mailbox));
        foreach (var letter in "abcd")
        {
            await Client.RaiseEventAsync(id, "letter", letter.ToString());
        }

        Assert.Equal("abcd", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_next_generation_may_begin_with_a_step_and_go_on() => Assert.Equal(1024, (await RunAsync(nameof(Programs.Doubles), 1)).ReadOutputAs<int>());

    [Fact]
    public async Task An_instance_sends_an_event_to_another()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Waits), new[] { "go" });
        await RunAsync(nameof(Programs.Sender), id, "postman");
        Assert.Equal("from postman", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_failure_of_its_own_ends_an_instance_for_good()
    {
        var end = await RunAsync(nameof(Programs.Fails), "on purpose");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
    }

    [Fact]
    public async Task New_ids_are_the_same_in_every_replay() => Assert.Equal("same", (await RunAsync(nameof(Programs.Ids))).ReadOutputAs<string>());

    [Fact]
    public async Task Values_arrive_as_they_were_sent()
    {
        var sent = new Programs.Everything(
            "\"quotes\", {braces}, ü, \u2028, 2026-11-24T10:00:00+05:00", new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.FromHours(5)), 1.5m, TimeSpan.FromMilliseconds(1500), DayOfWeek.Friday, long.MaxValue, ["", "null", "42"]);
        var end = (await RunAsync(nameof(Programs.Echoes), sent)).ReadOutputAs<Programs.Everything>()!;
        Assert.Equal(sent.Lines, end.Lines);
        Assert.Equal(sent with { Lines = [] }, end with { Lines = [] });
        Assert.Equal(sent.At.Offset, end.At.Offset);
    }

    [Fact]
    public async Task Starting_is_idempotent_while_it_runs_and_after_it_has_ended()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Waits), new[] { "go" }, new StartOrchestrationOptions("once"));
        await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Waits), new[] { "go" }, new StartOrchestrationOptions("once"));
        await Client.RaiseEventAsync(id, "go", "x");
        var end = await EndAsync(id);
        await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Waits), new[] { "go" }, new StartOrchestrationOptions("once"));
        var after = await Client.GetInstanceAsync(id, true);
        Assert.Equal((end.RuntimeStatus, end.CreatedAt, "x"), (after!.RuntimeStatus, after.CreatedAt, after.ReadOutputAs<string>()));
    }

    [Fact]
    public async Task A_new_instance_takes_the_newest_version_and_an_old_one_may_be_asked_for()
    {
        Assert.Equal("new", (await RunAsync("Versions")).ReadOutputAs<string>());
        var old = await Client.ScheduleNewOrchestrationInstanceAsync("Versions", null, new StartOrchestrationOptions { Version = TaskVersion.Unversioned });
        Assert.NotNull(old);
    }

    [Fact]
    public async Task A_held_instance_keeps_what_comes_and_goes_on_with_it()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Waits), new[] { "go" });
        await UntilAsync(id, one => one.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await Client.SuspendInstanceAsync(id, "lunch");
        await UntilAsync(id, one => one.RuntimeStatus == OrchestrationRuntimeStatus.Suspended);
        await Client.RaiseEventAsync(id, "go", "kept");
        await Client.ResumeInstanceAsync(id);
        Assert.Equal("kept", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_instance_is_ended_from_outside_with_its_children_if_that_is_asked_for()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Family), "wait", new StartOrchestrationOptions("whole"));
        await UntilAsync("whole:child", one => one.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await Client.TerminateInstanceAsync(id, new TerminateInstanceOptions("enough", Recursive: true));
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndAsync(id)).RuntimeStatus);
        Assert.Equal("enough", (await EndAsync(id)).ReadOutputAs<string>());
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndAsync("whole:child")).RuntimeStatus);
    }

    [Fact]
    public async Task Nobody_and_the_finished_are_told_apart()
    {
        Assert.Null(await Client.GetInstanceAsync("nobody"));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => Client.RaiseEventAsync("nobody", "go"));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => Client.SuspendInstanceAsync("nobody"));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => Client.WaitForInstanceCompletionAsync("nobody"));
        var id = (await RunAsync(nameof(Programs.Ids))).InstanceId;
        var finished = await Assert.ThrowsAsync<OrchestrationFinishedException>(() => Client.RaiseEventAsync(id, "go"));
        Assert.Equal(OrchestrationRuntimeStatus.Completed, finished.Status);
    }

    [Fact]
    public async Task Instances_are_listed_page_by_page_and_purged_when_they_are_finished()
    {
        foreach (var number in Enumerable.Range(0, 5))
        {
            await RunAsync(nameof(Programs.Ids), id: $"list:{number}");
        }

        await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Waits), new[] { "go" }, new StartOrchestrationOptions("list:open"));
        var query = new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Completed], InstanceIdPrefix: "list:", PageSize: 2);
        List<int> pages = [];
        await foreach (var page in Client.GetAllInstancesAsync(query).AsPages())
        {
            pages.Add(page.Values.Count);
        }

        Assert.Equal([2, 2, 1], pages);
        Assert.Equal(0, (await Client.PurgeInstanceAsync("list:open")).PurgedInstanceCount);
        Assert.Equal(1, (await Client.PurgeInstanceAsync("list:0")).PurgedInstanceCount);
        Assert.Equal(4, (await Client.PurgeAllInstancesAsync(new PurgeInstancesFilter { InstanceIdPrefix = "list:" })).PurgedInstanceCount);
        Assert.Equal("list:open", (await AllAsync(new OrchestrationQuery(InstanceIdPrefix: "list:"))).Single().InstanceId);
    }

    [Fact]
    public async Task Purged_with_its_children_an_instance_leaves_none_that_is_finished()
    {
        await RunAsync(nameof(Programs.Family), "word", "purged");
        await RunAsync(nameof(Programs.Family), "word", "kept");
        Assert.Equal(2, (await Client.PurgeInstanceAsync("purged", new PurgeInstanceOptions(Recursive: true))).PurgedInstanceCount);
        Assert.Equal(1, (await Client.PurgeInstanceAsync("kept")).PurgedInstanceCount);
        Assert.Empty(await AllAsync(new OrchestrationQuery(InstanceIdPrefix: "purged")));
        Assert.Equal("kept:child", (await AllAsync(new OrchestrationQuery(InstanceIdPrefix: "kept"))).Single().InstanceId);
    }

    [Fact]
    public async Task A_finished_instance_is_started_again_under_its_own_or_a_new_id()
    {
        var first = await RunAsync(nameof(Programs.Chain), 1, "again");
        var other = await Client.RestartAsync("again", restartWithNewInstanceId: true);
        Assert.NotEqual("again", other);
        Assert.Equal(4, (await EndAsync(other)).ReadOutputAs<int>());
        Assert.Equal("again", await Client.RestartAsync("again"));
        Assert.True((await EndAsync("again")).CreatedAt >= first.CreatedAt);
    }

    [Fact]
    public async Task A_start_replaces_a_finished_instance_only_when_its_state_is_not_named()
    {
        var completed = await RunAsync(nameof(Programs.Chain), 1, "single");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await RunAsync(nameof(Programs.Fails), "x", "broken")).RuntimeStatus);
        Assert.Equal((4, completed.CreatedAt), await AgainAsync("single", OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Terminated));
        Assert.Equal(16, (await AgainAsync("single", OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Failed)).Output);
        Assert.Equal(16, (await AgainAsync("broken")).Output);
        Assert.Equal(2, (await Client.GetOrchestrationHistoryAsync("broken")).Entries.Count(entry => entry is { Kind: "TaskScheduled" }));
    }

    [Fact]
    public async Task A_start_never_replaces_an_instance_that_is_not_finished()
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Mailbox), "x", new StartOrchestrationOptions("waits"));
        await UntilAsync(id, one => one.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Chain), 4, new StartOrchestrationOptions(id).WithDedupeStatuses());
        Assert.Equal(nameof(Programs.Mailbox), (await Client.GetInstanceAsync(id))!.Name);
        await Assert.ThrowsAsync<ArgumentException>(() => Client.ScheduleNewOrchestrationInstanceAsync(
            nameof(Programs.Chain), 4, new StartOrchestrationOptions(id) { DedupeStatuses = ["Done"] }));
    }

    [Fact]
    public async Task The_history_of_an_instance_can_be_read()
    {
        var id = (await RunAsync(nameof(Programs.Chain), 1)).InstanceId;
        var history = await Client.GetOrchestrationHistoryAsync(id);
        Assert.Equal(2, history.Entries.Count(entry => entry is { Kind: "TaskScheduled", Name: nameof(Programs.Double) }));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => Client.GetOrchestrationHistoryAsync("nobody"));
    }

    protected async Task<OrchestrationMetadata> RunAsync(string orchestrator, object? input = null, string? id = null) =>
        await EndAsync(await Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, new StartOrchestrationOptions(id)));

    private async Task<(int Output, DateTimeOffset CreatedAt)> AgainAsync(string id, params OrchestrationRuntimeStatus[] dedupe)
    {
        await Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Chain), 4, new StartOrchestrationOptions(id).WithDedupeStatuses(dedupe));
        var end = await EndAsync(id);
        return (end.ReadOutputAs<int>(), end.CreatedAt);
    }

    protected async Task<OrchestrationMetadata> EndAsync(string id)
    {
        using var deadline = new CancellationTokenSource(Patience);
        return await Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, deadline.Token);
    }

    protected async Task UntilAsync(string id, Func<OrchestrationMetadata, bool> condition)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (await Client.GetInstanceAsync(id, true, deadline.Token) is not { } found || !condition(found))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), deadline.Token);
        }
    }

    private async Task<IReadOnlyList<OrchestrationMetadata>> AllAsync(OrchestrationQuery query)
    {
        List<OrchestrationMetadata> all = [];
        await foreach (var one in Client.GetAllInstancesAsync(query))
        {
            all.Add(one);
        }

        return all;
    }
}
