using TestKit.Telegram;

namespace TestKit.Tests.Telegram;

public sealed class TelegramStandInTests : IAsyncLifetime
{
    private const long Ada = 42;
    private readonly TelegramStandIn telegram = new();
    private Bot bot = null!;
    private TelegramChat chat = null!;

    public async Task InitializeAsync()
    {
        await telegram.StartAsync();
        bot = new Bot(telegram);
        chat = telegram.AddChat(Ada, "private", "Ada");
    }

    public async Task DisposeAsync()
    {
        bot.Dispose();
        await telegram.DisposeAsync();
    }

    [Theory]
    [InlineData("<b>bold</b> &lt;i&gt; &amp; &copy; &#65;", "bold <i> & &copy; A")]
    [InlineData("<pre><code class=\"language-cs\">x &lt; y</code></pre>", "x < y")]
    [InlineData("<a href=\"https://example.org/?a=1&amp;b=2\">link</a>, <tg-spoiler>s</tg-spoiler>", "link, s")]
    public async Task A_person_sees_the_text_without_the_markup(string html, string seen)
    {
        await bot.SendAsync(Ada, html);

        Assert.Equal(seen, chat.Messages.Single().Text);
    }

    [Theory]
    [InlineData("<h1>x</h1>", "Unsupported start tag \"h1\" at byte offset 0")]
    [InlineData("å <p>x</p>", "Unsupported start tag \"p\" at byte offset 3")]
    [InlineData("<b>x", "Can't find end tag corresponding to start tag \"b\"")]
    [InlineData("<b><i>x</b></i>", "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\"")]
    [InlineData("x</b>", "Unexpected end tag at byte offset 1")]
    [InlineData("1 < 2", "Unclosed start tag at byte offset 2")]
    public async Task Markup_that_Telegram_does_not_know_is_refused_in_its_words(string html, string fault)
    {
        Assert.Equal($"Bad Request: can't parse entities: {fault}", await bot.RefusalAsync("sendMessage", new { chat_id = Ada, text = html, parse_mode = "HTML" }));
        Assert.Empty(chat.Messages);
    }

    [Fact]
    public async Task The_limit_of_4096_counts_what_is_shown_and_not_the_markup()
    {
        await bot.SendAsync(Ada, $"<b>{new string('x', 4096)}</b>");

        Assert.Equal("Bad Request: message is too long", await bot.RefusalAsync("sendMessage", new { chat_id = Ada, text = new string('x', 4097) }));
        Assert.Equal("Bad Request: message text is empty", await bot.RefusalAsync("sendMessage", new { chat_id = Ada, text = "<b> </b>", parse_mode = "HTML" }));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(0, false)]
    public async Task A_button_carries_1_to_64_bytes(int bytes, bool taken)
    {
        var answer = await bot.CallAsync("sendMessage", new { chat_id = Ada, text = "?", reply_markup = new { inline_keyboard = new[] { new[] { Bot.Button("Go", new string('x', bytes)) } } } });

        Assert.Equal(taken ? null : "Bad Request: BUTTON_DATA_INVALID", answer["description"]?.GetValue<string>());
    }

    [Fact]
    public async Task An_edit_changes_the_message_and_takes_its_buttons_away()
    {
        var id = await bot.SendAsync(Ada, "Right?", [Bot.Button("Approve", "a")]);

        Assert.StartsWith("Bad Request: message is not modified", await bot.RefusalAsync("editMessageText", new { chat_id = Ada, message_id = id, text = "Right?", reply_markup = new { inline_keyboard = new[] { new[] { Bot.Button("Approve", "a") } } } }), StringComparison.Ordinal);
        await bot.CallAsync("editMessageText", new { chat_id = Ada, message_id = id, text = "Approved" });

        var message = chat.Messages.Single();
        Assert.Equal(("Approved", 0, 1), (message.Text, message.Buttons.Count(), message.Edits));
        Assert.Equal("Bad Request: message to edit not found", await bot.RefusalAsync("editMessageText", new { chat_id = Ada, message_id = 99, text = "x" }));
    }

    [Fact]
    public async Task Who_may_not_be_written_to_is_refused()
    {
        Assert.Equal("Bad Request: chat not found", await bot.RefusalAsync("sendMessage", new { chat_id = 7, text = "x" }));
        chat.Blocked = true;
        Assert.Equal("Forbidden: bot was blocked by the user", await bot.RefusalAsync("sendMessage", new { chat_id = Ada, text = "x" }));
        Assert.Equal("Unauthorized", (await bot.CallAsync("getMe", new { }, token: "1:x"))["description"]!.GetValue<string>());
    }

    [Fact]
    public async Task Flood_control_names_the_seconds_to_wait_once()
    {
        telegram.RefuseNext("sendMessage", 429, "Too Many Requests: retry after 3", retryAfter: 3);

        var answer = await bot.CallAsync("sendMessage", new { chat_id = Ada, text = "x" });

        Assert.Equal(3, answer["parameters"]!["retry_after"]!.GetValue<int>());
        await bot.SendAsync(Ada, "x");
    }

    [Fact]
    public async Task An_unknown_method_is_noted()
    {
        Assert.Equal("Not Found", await bot.RefusalAsync("sendEverything", new { }));
        Assert.Equal(["method sendEverything"], telegram.Unexpected);
    }

    [Fact]
    public async Task Forms_work_as_JSON_does()
    {
        using var http = new HttpClient();
        using var form = new FormUrlEncodedContent([new("chat_id", $"{Ada}"), new("text", "hello"), new("reply_markup", "{\"inline_keyboard\":[[{\"text\":\"Go\",\"callback_data\":\"g\"}]]}")]);

        using var response = await http.PostAsync($"{telegram.Address}/bot{telegram.Token}/sendMessage", form);

        Assert.Equal("Bot: hello [Go]", chat.Messages.Single().ToString());
    }

    [Fact]
    public async Task A_long_poll_waits_for_an_update_and_an_offset_confirms_it()
    {
        using var ada = new TelegramPerson(telegram, app: null, Ada);
        var poll = bot.CallAsync("getUpdates", new { offset = 0, timeout = 30 });
        await ada.SayAsync("hello");

        var update = (await poll)["result"]!.AsArray().Single()!;

        Assert.Equal("hello", update["message"]!["text"]!.GetValue<string>());
        var next = await bot.CallAsync("getUpdates", new { offset = update["update_id"]!.GetValue<int>() + 1, timeout = 0 });
        Assert.Empty(next["result"]!.AsArray());
        await bot.CallAsync("setWebhook", new { url = "https://example.org/webhooks/telegram", secret_token = "abc" });
        Assert.StartsWith("Conflict:", await bot.RefusalAsync("getUpdates", new { timeout = 0 }), StringComparison.Ordinal);
    }
}
