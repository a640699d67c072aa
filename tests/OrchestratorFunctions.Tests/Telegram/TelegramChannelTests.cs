using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Telegram;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.Telegram;

public sealed class TelegramChannelTests(TelegramChannelTests.OneBot shared) : IClassFixture<TelegramChannelTests.OneBot>
{
    private static int lastChat = 5000;
    private readonly TelegramChat chat = shared.Bot.Telegram.AddChat(Interlocked.Increment(ref lastChat), "private", "Ada");

    [Fact]
    public async Task A_long_text_is_sent_in_parts_and_the_buttons_stand_under_the_last()
    {
        var sent = new List<long>();
        var text = string.Join("\n\n", Enumerable.Range(0, 200).Select(number => $"Paragraph {number} of **bread** and more words to fill the line."));
        Assert.IsType<Delivery.Sent>(await DeliverAsync(Item(text) with { Buttons = [new SentButton("Approve", "token-of-approve-123"), new SentButton("Change", "token-of-change-1234")] }, sent));

        Assert.True(chat.Messages.Count > 1);
        Assert.Equal(chat.Messages.Select(message => (long)message.Id), sent);
        Assert.All(chat.Messages.SkipLast(1), message => Assert.Empty(message.Buttons));
        Assert.Equal([("Approve", "token-of-approve-123"), ("Change", "token-of-change-1234")], chat.Messages[^1].Buttons.Select(button => (button.Label, button.Data)));
        Assert.Equal(2, chat.Messages[^1].Rows.Count);
    }

    [Fact]
    public async Task Parts_that_were_sent_before_are_left_out()
    {
        var (text, first) = (string.Join("\n\n", Enumerable.Range(0, 200).Select(number => $"Paragraph {number} with enough words to fill a line of the chat.")), new List<long>());
        await DeliverAsync(Item(text), first);
        var whole = chat.Messages.Select(message => message.Text).ToList();
        var rest = new List<long>();
        await DeliverAsync(Item(text) with { MessageIds = [first[0]] }, rest);
        Assert.Equal(first.Count - 1, rest.Count);
        Assert.Equal([.. whole, .. whole.Skip(1)], chat.Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task A_part_is_recorded_before_the_next_is_sent()
    {
        var text = string.Join("\n\n", Enumerable.Range(0, 200).Select(number => $"Paragraph {number} with enough words to fill a line of the chat."));
        await Assert.ThrowsAsync<InvalidDataException>(() => Channel.DeliverAsync(Item(text), _ => throw new InvalidDataException("killed"), default));
        Assert.Single(chat.Messages);
    }

    [Fact]
    public async Task What_Telegram_cannot_parse_is_sent_as_plain_text()
    {
        shared.Bot.Telegram.RefuseNext("sendMessage", 400, "Bad Request: can't parse entities: Unsupported start tag");
        Assert.IsType<Delivery.Sent>(await DeliverAsync(Item("**bold** bread")));
        Assert.Equal("bold bread", Assert.Single(chat.Messages).Text);
        Assert.Empty(chat.Messages[0].Entities);
    }

    [Fact]
    public async Task A_question_may_invite_a_reply()
    {
        await DeliverAsync(Item("Why?") with { AsksForReply = true });
        Assert.True(Assert.Single(chat.Messages).AsksForReply);
    }

    [Fact]
    public async Task An_edit_changes_the_message_and_takes_its_buttons_away()
    {
        var sent = new List<long>();
        await DeliverAsync(Item("Is this right?") with { Buttons = [new SentButton("Approve", "token-of-approve-123")] }, sent);
        var edit = Item("Approved.") with { EditsMessageId = sent[0] };
        Assert.IsType<Delivery.Sent>(await DeliverAsync(edit));
        Assert.Equal(("Approved.", 0), (Assert.Single(chat.Messages).Text, chat.Messages[0].Buttons.Count()));
        // Telegram answers "message is not modified" to the same edit again.
        Assert.IsType<Delivery.Sent>(await DeliverAsync(edit));
        Assert.Single(chat.Messages);
    }

    [Fact]
    public async Task An_edit_that_Telegram_cannot_parse_is_made_as_plain_text()
    {
        var sent = new List<long>();
        await DeliverAsync(Item("Is this right?"), sent);
        shared.Bot.Telegram.RefuseNext("editMessageText", 400, "Bad Request: can't parse entities: Unsupported start tag");
        Assert.IsType<Delivery.Sent>(await DeliverAsync(Item("**Approved.**") with { EditsMessageId = sent[0] }));
        Assert.Equal("Approved.", chat.Messages[0].Text);
    }

    [Theory]
    [InlineData(429, "Too Many Requests: retry after 17", 17, "later 17")]
    [InlineData(500, "Internal Server Error", null, "later")]
    [InlineData(502, "Bad Gateway", null, "later")]
    [InlineData(401, "Unauthorized", null, "later")]
    [InlineData(404, "Not Found", null, "later")]
    [InlineData(403, "Forbidden: bot was blocked by the user", null, "unreachable")]
    [InlineData(400, "Bad Request: chat not found", null, "unreachable")]
    [InlineData(400, "Bad Request: message is too long", null, "refused")]
    public async Task What_Telegram_says_decides_what_happens_next(int status, string description, int? retryAfter, string expected)
    {
        shared.Bot.Telegram.RefuseNext("sendMessage", status, description, retryAfter);
        var delivery = await DeliverAsync(Item("hello"));
        Assert.Equal(expected, delivery switch
        {
            Delivery.Later { Delay: { } delay } => $"later {delay.TotalSeconds}",
            Delivery.Later => "later",
            Delivery.Unreachable => "unreachable",
            Delivery.Refused => "refused",
            _ => delivery.ToString(),
        });
        Assert.DoesNotContain(shared.Bot.Telegram.Token, delivery.ToString(), StringComparison.Ordinal);
        Assert.Empty(chat.Messages);
    }

    [Fact]
    public async Task Where_nobody_answers_it_is_tried_later_and_the_reason_does_not_hold_the_token()
    {
        await using var bot = await BotRooms.StartAsync();
        await bot.Telegram.StopAsync();
        var later = Assert.IsType<Delivery.Later>(await bot.Rooms.Get<IChannel>().DeliverAsync(Item("hello"), _ => Task.CompletedTask, default));
        Assert.DoesNotContain(bot.Telegram.Token, later.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_bot_it_takes_no_address()
    {
        await using var bot = await BotRooms.StartAsync(configured: false);
        Assert.False("telegram:1001".StartsWith(bot.Rooms.Get<IChannel>().AddressPrefix, StringComparison.Ordinal));
    }

    private IChannel Channel => shared.Bot.Rooms.Get<IChannel>();

    private OutboxItem Item(string markdown) => new(1, $"telegram:{chat.Id}", markdown, [], false, [], null, 0);

    private Task<Delivery> DeliverAsync(OutboxItem item, List<long>? sent = null) => Channel.DeliverAsync(
        item,
        id =>
        {
            sent?.Add(id);
            return Task.CompletedTask;
        },
        default);

    /// <summary>One bot; each test has a chat of its own.</summary>
    public sealed class OneBot : IAsyncLifetime
    {
        internal BotRooms Bot { get; private set; } = null!;

        public async Task InitializeAsync() => Bot = await BotRooms.StartAsync();

        public async Task DisposeAsync() => await Bot.DisposeAsync();
    }
}
