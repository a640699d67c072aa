using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Conversations;

public sealed class HandleNextMessageTests
{
    private const string Sorry = "Sorry, I could not handle one of your messages; my operator sees it as number 1. Please go on, or say it differently.";
    private const string NoUsableAnswer = "Sorry, my language model gives no usable answer right now. I have your message and try again in a moment.";
    private const string Down = "Sorry, my language model does not answer right now. I have your message and answer it as soon as it is back.";

    [Fact]
    public async Task Rows_are_taken_one_after_another_in_the_order_in_which_they_came()
    {
        await using var talk = await TalkRooms.CreateAsync();
        foreach (var text in new[] { "one", "/reset", "two", "three" })
        {
            await talk.SayAsync(text);
        }

        for (var turn = 0; turn < 4; turn++)
        {
            Assert.Equal(new NextTurn(Handled: true), await talk.TurnAsync());
            Assert.Equal(turn + 1L, await talk.Rooms.ReadAsync<long>("select count(*) from inbox where status = 'DONE'"));
        }

        Assert.Equal(new NextTurn(Handled: false), await talk.TurnAsync());
        Assert.Equal(["You said: one", "A new topic", "You said: two", "You said: three"], (await talk.Rooms.SaidAsync()).Select(said => said.Split(" for ")[0]));
        Assert.Equal(["two", "You said: two", "three"], talk.Model.Asked.Last());
    }

    [Fact]
    public async Task A_row_that_always_fails_is_set_aside_at_the_fifth_failure_and_later_rows_go_on()
    {
        await using var talk = await TalkRooms.CreateAsync();
        talk.Model.Answer = said => said == "poison" ? throw new InvalidOperationException("a defect of ours") : PlayedModel.Says("fine");
        await talk.SayAsync("poison");
        await talk.SayAsync("bread");
        var pauses = new List<int>();
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            var next = await talk.TurnAsync();
            Assert.False(next.Handled);
            pauses.Add((int)next.WaitFor!.Value.TotalSeconds);
            Assert.InRange((await talk.TurnAsync()).WaitFor!.Value, next.WaitFor.Value - TimeSpan.FromMilliseconds(1), next.WaitFor.Value); // too early: not an attempt
            talk.Rooms.Time.Advance(next.WaitFor.Value);
        }

        Assert.Equal([10, 30, 90, 270], pauses);
        Assert.Equal([NoUsableAnswer], await talk.Rooms.SaidAsync());
        Assert.Equal(new NextTurn(Handled: true), await talk.TurnAsync());
        Assert.Equal("PARKED ModelAnswerException 5", await talk.Rooms.ReadAsync<string>("select status || ' ' || error || ' ' || attempts from inbox order by id limit 1"));
        await talk.DrainAsync();
        Assert.Equal([NoUsableAnswer, Sorry, "fine"], await talk.Rooms.SaidAsync());
        Assert.Equal(5, talk.Model.Asked.Count(asked => asked[^1] == "poison"));
    }

    [Fact]
    public async Task A_row_that_was_set_aside_gets_another_turn_when_the_operator_says_replay_and_the_person_is_told_once()
    {
        await using var talk = await TalkRooms.CreateAsync();
        talk.Model.Answer = _ => throw new InvalidOperationException("a defect of ours");
        await talk.AnswerAsync("poison");
        Assert.True(await talk.Rooms.Get<InboxUpkeep>().ReplayAsync(1, default));
        await talk.DrainAsync();
        Assert.Equal([NoUsableAnswer, Sorry], await talk.Rooms.SaidAsync());
        Assert.Equal("PARKED", await talk.Rooms.ReadAsync<string>("select status from inbox"));

        talk.Model.Answer = _ => PlayedModel.Says("healed");
        Assert.True(await talk.Rooms.Get<InboxUpkeep>().ReplayAsync(1, default));
        await talk.DrainAsync();
        Assert.Equal([NoUsableAnswer, Sorry, "healed"], await talk.Rooms.SaidAsync());
        Assert.Equal("DONE", await talk.Rooms.ReadAsync<string>("select status from inbox"));
    }

    [Fact]
    public async Task A_row_that_kills_the_process_is_set_aside_too_because_attempts_are_counted_when_it_is_taken()
    {
        await using var talk = await TalkRooms.CreateAsync();
        await talk.SayAsync("poison");
        for (var death = 0; death < 5; death++)
        {
            Assert.NotNull(await talk.Rooms.DoAsync(connection => talk.Rooms.Get<InboxStore>().ClaimOldestAsync(connection, Rooms.Chat, default)));
        }

        await talk.AnswerAsync("bread");
        Assert.Equal([Sorry, "You said: bread"], await talk.Rooms.SaidAsync());
        Assert.Equal(["bread"], Assert.Single(talk.Model.Asked));
    }

    [Fact]
    public async Task While_the_model_is_down_one_apology_is_said_and_the_text_is_kept_and_answered_once_when_it_is_back()
    {
        await using var talk = await TalkRooms.CreateAsync();
        talk.Model.Answer = _ => throw new ModelUnavailableException("down");
        await talk.SayAsync("bread");
        await talk.SayAsync("and cakes");
        for (var hours = 0; hours < 12; hours++)
        {
            var next = await talk.TurnAsync();
            Assert.False(next.Handled);
            Assert.InRange(next.WaitFor!.Value, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5));
            talk.Rooms.Time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal([Down], await talk.Rooms.SaidAsync());
        Assert.Equal("OPEN 0,OPEN 0", await talk.Rooms.ReadAsync<string>("select string_agg(status || ' ' || attempts, ',' order by id) from inbox"));
        Assert.Equal(0L, await talk.Rooms.ReadAsync<long>("select count(*) from messages"));
        await talk.Rooms.ReceiveAsync(DeliveryKind.Command, "/status");
        Assert.StartsWith("**bread**", (await talk.Rooms.SaidAsync())[^1], StringComparison.Ordinal);

        talk.Model.Answer = said => PlayedModel.Says($"You said: {said}");
        await talk.DrainAsync();
        Assert.Equal(["You said: bread", "You said: and cakes"], (await talk.Rooms.SaidAsync()).Skip(2));
        Assert.Equal(["bread", "You said: bread", "and cakes"], talk.Model.Asked.Last());
        Assert.Equal(["bread", "You said: bread", "and cakes", "You said: and cakes"], await talk.Rooms.ListAsync<string>("select content from messages order by id"));
    }

    [Fact]
    public async Task While_the_model_thinks_about_one_chat_buttons_and_other_chats_are_answered()
    {
        await using var talk = await TalkRooms.CreateAsync();
        var gate = await talk.Rooms.VisionGateAsync((await talk.Rooms.ProjectAsync(ProjectStatus.VisionReview)).Id);
        var thought = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        talk.Model.Answer = async said =>
        {
            await (said == "bread" ? thought.Task : Task.CompletedTask);
            return await PlayedModel.Says($"You said: {said}");
        };
        await talk.SayAsync("bread");
        var thinking = talk.TurnAsync();
        Assert.Equal("Vision, version 1: approved.", await talk.Rooms.ReceiveAsync(DeliveryKind.Press, await talk.Rooms.ButtonAsync(GateVerbs.Approve, gate)));
        await talk.Rooms.Get<Intake>().ReceiveAsync(ProjectSetup.Delivery(DeliveryKind.Text, "flowers", Rooms.Bob, address: "telegram:1002"), "Bob", default);
        Assert.True((await talk.Rooms.RunAsync<HandleNextMessage, string, NextTurn>("telegram:1002")).Handled);
        Assert.Equal("You said: flowers", (await talk.Rooms.SaidAsync())[^1]);
        Assert.False(thinking.IsCompleted);
        thought.SetResult();
        Assert.True((await thinking).Handled);
    }

    [Fact]
    public async Task Two_overlapping_runs_of_one_row_answer_it_once_and_begin_one_project()
    {
        await using var talk = await TalkRooms.CreateAsync();
        for (var round = 1; round <= 5; round++)
        {
            await talk.Rooms.ExecuteAsync("delete from conversations");
            await talk.Rooms.ExecuteAsync("update projects set status = 'CANCELLED'");
            using var both = new CountdownEvent(2);
            var number = 0;
            talk.Model.Answer = async _ =>
            {
                both.Signal();
                await Task.Run(() => Assert.True(both.Wait(TimeSpan.FromSeconds(20))));
                return await PlayedModel.Says($"answer {Interlocked.Increment(ref number)}");
            };
            await talk.SayAsync("bread");
            var turns = await Race.RunAsync(2, _ => talk.TurnAsync());
            Assert.All(turns, turn => Assert.Equal(new NextTurn(Handled: true), turn));
            Assert.Equal((round, 2 * round), (await talk.Rooms.ReadAsync<int>("select count(*) from outbox"), await talk.Rooms.ReadAsync<int>("select count(*) from messages")));
            Assert.Equal(round, await talk.Rooms.ReadAsync<int>("select count(*) from projects"));
        }
    }
}
