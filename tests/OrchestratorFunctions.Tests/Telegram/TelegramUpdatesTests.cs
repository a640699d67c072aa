using System.Text.Json;
using System.Text.Json.Nodes;
using OrchestratorFunctions.Telegram;
using Telegram.Bot;
using Telegram.Bot.Types;

namespace OrchestratorFunctions.Tests.Telegram;

public sealed class TelegramUpdatesTests
{
    [Theory]
    [InlineData("I want a page for my bakery", "text: I want a page for my bakery")]
    [InlineData("  /status is not a command here", "text:   /status is not a command here")]
    [InlineData("🍞", "text: 🍞")]
    [InlineData("/status", "command: /status")]
    [InlineData("/STATUS", "command: /status")]
    [InlineData("/status@my_bot", "command for my_bot: /status")]
    [InlineData("/Repo@my_bot  acme/app ", "command for my_bot: /repo acme/app")]
    [InlineData("/new\nBread shop", "command: /new Bread shop")]
    [InlineData("/new\tBread shop", "command: /new Bread shop")]
    [InlineData("/", "command: /")]
    [InlineData("/@", "command for : /")]
    [InlineData("", "hint")]
    [InlineData(" \n\t", "hint")]
    [InlineData("\0", "hint")]
    [InlineData("\0 \0", "hint")]
    public void Words_are_read_as_text_command_or_a_hint(string text, string meaning) => Assert.Equal(meaning, Read(Message($$"""{ "text": {{JsonSerializer.Serialize(text)}} }""")));

    [Theory]
    [InlineData(16_384, "text")]
    [InlineData(16_385, "hint")]
    [InlineData(100_000, "hint")]
    public void Words_have_a_greatest_length(int length, string meaning) =>
        Assert.StartsWith(meaning, Read(Message($$"""{ "text": "{{new string('x', length)}}" }""")), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "sticker": { "file_id": "f", "file_unique_id": "u", "type": "regular", "width": 1, "height": 1, "is_animated": false, "is_video": false } }""", "hint")]
    [InlineData("""{ "photo": [{ "file_id": "f", "file_unique_id": "u", "width": 1, "height": 1 }], "caption": "my shop" }""", "hint")]
    [InlineData("""{ "voice": { "file_id": "f", "file_unique_id": "u", "duration": 1 } }""", "hint")]
    [InlineData("""{ "document": { "file_id": "f", "file_unique_id": "u" } }""", "hint")]
    [InlineData("""{ "location": { "latitude": 1.5, "longitude": 2.5 } }""", "hint")]
    [InlineData("""{ "dice": { "emoji": "🎲", "value": 3 } }""", "hint")]
    [InlineData("""{ "new_chat_members": [{ "id": 9, "is_bot": true, "first_name": "Bot" }] }""", "ignored")]
    [InlineData("""{ "left_chat_member": { "id": 9, "is_bot": false, "first_name": "Eve" } }""", "ignored")]
    [InlineData("""{ "pinned_message": { "message_id": 1, "date": 0, "chat": { "id": 5, "type": "private" } } }""", "ignored")]
    [InlineData("""{ "group_chat_created": true }""", "ignored")]
    [InlineData("""{ "something_of_next_year": { "a": 1 } }""", "ignored")]
    [InlineData("""{ }""", "ignored")]
    public void What_is_not_words_is_a_hint_when_a_person_meant_it(string content, string meaning) => Assert.StartsWith(meaning, Read(Message(content)), StringComparison.Ordinal);

    [Fact]
    public void A_change_of_an_old_message_is_a_hint() => Assert.Equal("hint", Read(Message("""{ "text": "better" }""", "edited_message")));

    [Theory]
    [InlineData("""{ "update_id": 1 }""")]
    [InlineData("""{ "update_id": 1, "channel_post": { "message_id": 5, "date": 0, "chat": { "id": -5, "type": "channel" }, "text": "news" } }""")]
    [InlineData("""{ "update_id": 1, "edited_channel_post": { "message_id": 5, "date": 0, "chat": { "id": -5, "type": "channel" }, "text": "news" } }""")]
    [InlineData("""{ "update_id": 1, "message": { "message_id": 5, "date": 0, "chat": { "id": -5, "type": "group" }, "text": "nobody said this" } }""")]
    [InlineData("""{ "update_id": 1, "message": { "message_id": 5, "date": 0, "chat": { "id": 5, "type": "private" }, "from": { "id": 9, "is_bot": true, "first_name": "Bot" }, "text": "beep" } }""")]
    [InlineData("""{ "update_id": 1, "inline_query": { "id": "1", "from": { "id": 5, "is_bot": false, "first_name": "Ada" }, "query": "q", "offset": "" } }""")]
    [InlineData("""{ "update_id": 1, "my_chat_member": { "chat": { "id": 5, "type": "private" }, "from": { "id": 5, "is_bot": false, "first_name": "Ada" }, "date": 0, "old_chat_member": { "status": "member", "user": { "id": 9, "is_bot": true, "first_name": "B" } }, "new_chat_member": { "status": "kicked", "until_date": 0, "user": { "id": 9, "is_bot": true, "first_name": "B" } } } }""")]
    [InlineData("""{ "update_id": 1, "something_of_next_year": { "a": 1 } }""")]
    public void Everything_else_is_ignored(string update) => Assert.StartsWith("ignored", Read(update), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "data": "token", "message": { "message_id": 5, "date": 0, "chat": { "id": -77, "type": "supergroup" } } }""", "press in -77: token")]
    [InlineData("""{ "data": "token" }""", "press in 5: token")]
    [InlineData("""{ "data": "token", "inline_message_id": "x" }""", "press in 5: token")]
    [InlineData("""{ "game_short_name": "chess" }""", "press in 5: ")]
    [InlineData("""{ "data": "" }""", "press in 5: ")]
    [InlineData("""{ "data": "\u0000\u0001 junk 🍞" }""", "press in 5: \0\u0001 junk 🍞")]
    public void A_press_names_its_chat_and_its_token(string press, string meaning)
    {
        var query = JsonNode.Parse(press)!.AsObject();
        query["id"] = "cb";
        query["chat_instance"] = "1";
        query["from"] = JsonNode.Parse("""{ "id": 5, "is_bot": false, "first_name": "Ada" }""");
        Assert.Equal(meaning, Read(new JsonObject { ["update_id"] = 1, ["callback_query"] = query }.ToJsonString()));
    }

    private static string Message(string content, string field = "message")
    {
        var message = JsonNode.Parse(content)!.AsObject();
        message["message_id"] = 5;
        message["date"] = 1_700_000_000;
        message["chat"] = JsonNode.Parse("""{ "id": 5, "type": "private" }""");
        message["from"] = JsonNode.Parse("""{ "id": 5, "is_bot": false, "first_name": "Ada" }""");
        return new JsonObject { ["update_id"] = 1, [field] = message }.ToJsonString();
    }

    private static string Read(string update) => TelegramUpdates.Read(JsonSerializer.Deserialize<Update>(update, JsonBotAPI.Options)!) switch
    {
        TelegramUpdate.Text text => $"text: {text.Words}",
        TelegramUpdate.Command { Bot: null } command => $"command: {command.Words}",
        TelegramUpdate.Command command => $"command for {command.Bot}: {command.Words}",
        TelegramUpdate.Press press => $"press in {press.Chat.Id}: {press.Token}",
        TelegramUpdate.Hint { Advice.Length: > 10 } => "hint",
        TelegramUpdate.Ignored { Reason.Length: > 0 } => "ignored",
        var other => other.ToString(),
    };
}
