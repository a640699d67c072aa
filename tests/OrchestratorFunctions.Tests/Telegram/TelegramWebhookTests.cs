using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Telegram;

public sealed class TelegramWebhookTests(TelegramWebhookTests.OneBot shared) : IClassFixture<TelegramWebhookTests.OneBot>
{
    private const int Limit = 1024 * 1024;
    private const string Hello = """{ "update_id": 1, "message": { "message_id": 5, "date": 0, "chat": { "id": 1001, "type": "private" }, "from": { "id": 1001, "is_bot": false, "first_name": "Ada" }, "text": "hello" } }""";

    [Theory]
    [InlineData("""{ "update_id": 7 }""", HttpStatusCode.OK)]
    [InlineData("""{ "update_id": 7, "channel_post": { "message_id": 5, "date": 0, "chat": { "id": -5, "type": "channel" }, "text": "news" } }""", HttpStatusCode.OK)]
    [InlineData("""{ "update_id": 7, "something_of_next_year": [] }""", HttpStatusCode.OK)]
    [InlineData(Hello, HttpStatusCode.OK)]
    [InlineData("", HttpStatusCode.BadRequest)]
    [InlineData("hello", HttpStatusCode.BadRequest)]
    [InlineData("""{ "update_id": 7""", HttpStatusCode.BadRequest)]
    [InlineData("\0", HttpStatusCode.BadRequest)]
    [InlineData("null", HttpStatusCode.UnprocessableEntity)]
    [InlineData("[]", HttpStatusCode.UnprocessableEntity)]
    [InlineData("7", HttpStatusCode.UnprocessableEntity)]
    [InlineData("{}", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{ "update_id": "7" }""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{ "update_id": null }""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{ "update_id": 7.5 }""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{ "update_id": 99999999999999 }""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{ "update_id": 7, "message": "hello" }""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{ "update_id": 7, "message": { "message_id": "x" } }""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{ "update_id": 7, "message": { "message_id": 5, "date": 999999999999999, "chat": { "id": 1, "type": "private" } } }""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("""{ "update_id": 7, "message": { "message_id": 5, "date": 0, "chat": { "id": 1, "type": "private" }, "text": "\ud800" } }""", HttpStatusCode.UnprocessableEntity)]
    public async Task The_body_decides_the_status(string body, HttpStatusCode expected) => Assert.Equal(expected, (await PostAsync(shared.Bot, body)).Status);

    [Theory]
    [InlineData("wrong")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Without_the_secret_nothing_is_read(string? secret)
    {
        var (status, body) = await PostAsync(shared.Bot, "not even JSON", secret, useSecret: false);
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Contains("secret token", body, StringComparison.Ordinal);
        Assert.DoesNotContain(shared.Bot.Telegram.WebhookSecret, body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task The_body_must_be_JSON_by_its_type(string type) => Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await PostAsync(shared.Bot, Hello, type: type)).Status);

    [Theory]
    [InlineData(Limit, false, HttpStatusCode.OK)]
    [InlineData(Limit, true, HttpStatusCode.OK)]
    [InlineData(Limit + 1, false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(Limit + 1, true, HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_body_has_at_most_1_MiB_whether_it_says_its_length_or_not(int length, bool chunked, HttpStatusCode expected) =>
        Assert.Equal(expected, (await PostAsync(shared.Bot, """{ "update_id": 7 }""".PadRight(length), chunked: chunked)).Status);

    [Fact]
    public async Task Words_that_are_not_UTF_8_are_refused_and_not_a_fault_of_ours()
    {
        byte[] body = [.. Encoding.UTF8.GetBytes("""{ "update_id": 7, "message": { "message_id": 5, "date": 0, "chat": { "id": 1, "type": "private" }, "text": " """.TrimEnd()), 0xC3, 0x28, .. "\" } }"u8];
        Assert.InRange((int)(await PostAsync(shared.Bot, body)).Status, 400, 499);
    }

    [Fact]
    public async Task The_same_update_five_times_at_once_is_stored_once_and_always_answered_200()
    {
        await using var bot = await BotRooms.StartAsync();
        var answers = await Race.RunAsync(5, _ => PostAsync(bot, Hello));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal(1L, await bot.Rooms.ReadAsync<long>("select count(*) from inbox"));
    }

    [Fact]
    public async Task Without_a_bot_it_is_503_with_the_settings_that_are_missing()
    {
        await using var bot = await BotRooms.StartAsync(configured: false);
        var (status, body) = await PostAsync(bot, Hello);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("TELEGRAM_BOT_TOKEN", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_503_without_a_word_of_the_fault()
    {
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=u;Password=p4ss;Timeout=2");
        await using var bot = await BotRooms.StartAsync(with: services => services.AddSingleton(nowhere));
        var (status, body) = await PostAsync(bot, Hello);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.DoesNotContain("127.0.0.1", body, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", body, StringComparison.Ordinal);
    }

    private static Task<(HttpStatusCode Status, string Body)> PostAsync(BotRooms bot, string body, string? secret = null, bool useSecret = true, string type = "application/json", bool chunked = false) =>
        PostAsync(bot, Encoding.UTF8.GetBytes(body), secret, useSecret, type, chunked);

    private static async Task<(HttpStatusCode Status, string Body)> PostAsync(BotRooms bot, byte[] body, string? secret = null, bool useSecret = true, string type = "application/json", bool chunked = false)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, bot.Webhook) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new(type);
        request.Headers.TransferEncodingChunked = chunked;
        if ((useSecret ? bot.Telegram.WebhookSecret : secret) is { } given)
        {
            request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", given);
        }

        using var response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>One bot for all tests that leave nothing behind.</summary>
    public sealed class OneBot : IAsyncLifetime
    {
        internal BotRooms Bot { get; private set; } = null!;

        public async Task InitializeAsync() => Bot = await BotRooms.StartAsync();

        public async Task DisposeAsync() => await Bot.DisposeAsync();
    }
}
