using System.Text.Json.Nodes;

namespace TestKit.Telegram;

/// <summary>The methods that show something in a chat, with Telegram's limits.</summary>
internal sealed class Messages(TelegramStandIn telegram)
{
    public BotAnswer Send(BotParameters call)
    {
        if (Target(call, out var chat) is { } refusal)
        {
            return refusal;
        }

        if (Content(call, "text", 4096, "message text is empty", "message is too long", out var text, out var entities) is { } fault)
        {
            return fault;
        }

        return Post(call, chat!, text, entities);
    }

    public BotAnswer SendDocument(BotParameters call)
    {
        if (Target(call, out var chat) is { } refusal)
        {
            return refusal;
        }

        if (!call.Has("document"))
        {
            return BotAnswer.Bad("there is no document in the request");
        }

        if (Content(call, "caption", 1024, null, "message caption is too long", out var text, out var entities) is { } fault)
        {
            return fault;
        }

        return Post(call, chat!, $"[{call.Text("document")}] {text}".TrimEnd(), entities);
    }

    public BotAnswer EditText(BotParameters call)
    {
        if (Edited(call, out var chat, out var message) is { } refusal)
        {
            return refusal;
        }

        if (Content(call, "text", 4096, "message text is empty", "message is too long", out var text, out var entities) is { } fault)
        {
            return fault;
        }

        // Without reply_markup the buttons go: so it is in Telegram.
        return Replace(call, chat!, message!, message! with { Text = text, Entities = entities });
    }

    public BotAnswer EditButtons(BotParameters call) =>
        Edited(call, out var chat, out var message) is { } refusal ? refusal : Replace(call, chat!, message!, message!);

    public BotAnswer ChatAction(BotParameters call) => Target(call, out _) ?? (call.Has("action") ? BotAnswer.Yes : BotAnswer.Bad("wrong parameter action in request"));

    public JsonObject ToJson(TelegramChat chat, ShownMessage message)
    {
        var json = new JsonObject
        {
            ["message_id"] = message.Id,
            ["from"] = message.FromBot ? telegram.Me() : telegram.PersonJson(message.Author),
            ["chat"] = ChatJson(chat),
            ["date"] = message.SentAt.ToUnixTimeSeconds(),
            ["text"] = message.Text,
        };
        if (message.Entities.Count > 0)
        {
            json["entities"] = new JsonArray([.. message.Entities.Select(EntityJson)]);
        }

        if (message.Rows.Count > 0)
        {
            json["reply_markup"] = Keyboard.Write(message.Rows);
        }

        if (message.Edits > 0)
        {
            json["edit_date"] = message.SentAt.ToUnixTimeSeconds();
        }

        return json;
    }

    public static JsonObject ChatJson(TelegramChat chat)
    {
        var json = new JsonObject { ["id"] = chat.Id, ["type"] = chat.Type };
        json[chat.Type == "private" ? "first_name" : "title"] = chat.Title;
        return json;
    }

    private BotAnswer Post(BotParameters call, TelegramChat chat, string text, IReadOnlyList<TextEntity> entities)
    {
        var rows = Keyboard.Read(call.Node("reply_markup"), out var fault);
        if (fault is not null)
        {
            return BotAnswer.Bad(fault);
        }

        var message = chat.Add(id => new ShownMessage(id, FromBot: true, telegram.BotName, text, rows)
        {
            Entities = entities,
            AsksForReply = call.Node("reply_markup")?["force_reply"] is not null,
            SentAt = TimeProvider.System.GetUtcNow(),
        });
        return BotAnswer.Ok(ToJson(chat, message));
    }

    private BotAnswer Replace(BotParameters call, TelegramChat chat, ShownMessage old, ShownMessage edited)
    {
        var rows = Keyboard.Read(call.Node("reply_markup"), out var fault);
        if (fault is not null)
        {
            return BotAnswer.Bad(fault);
        }

        if (edited.Text == old.Text && edited.Entities.SequenceEqual(old.Entities) && rows.SelectMany(row => row).SequenceEqual(old.Buttons))
        {
            return BotAnswer.Bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message");
        }

        var shown = edited with { Rows = rows, Edits = old.Edits + 1 };
        chat.Replace(shown);
        return BotAnswer.Ok(ToJson(chat, shown));
    }

    private BotAnswer? Target(BotParameters call, out TelegramChat? chat)
    {
        chat = null;
        if (!call.Has("chat_id"))
        {
            return BotAnswer.Bad("chat_id is empty");
        }

        chat = call.Number("chat_id") is { } id ? telegram.Chat(id) : null;
        return chat switch
        {
            null => BotAnswer.Bad("chat not found"),
            { Blocked: true } => new BotAnswer(403, null, "Forbidden: bot was blocked by the user"),
            _ => null,
        };
    }

    private BotAnswer? Edited(BotParameters call, out TelegramChat? chat, out ShownMessage? message)
    {
        message = null;
        if (Target(call, out chat) is { } refusal)
        {
            return refusal;
        }

        message = call.Number("message_id") is { } id ? chat!.Find((int)id) : null;
        return message switch
        {
            null => BotAnswer.Bad("message to edit not found"),
            { FromBot: false } => BotAnswer.Bad("message can't be edited"),
            _ => null,
        };
    }

    private BotAnswer? Content(BotParameters call, string name, int longest, string? empty, string tooLong, out string text, out IReadOnlyList<TextEntity> entities)
    {
        text = call.Text(name) ?? "";
        entities = [];
        switch (call.Text("parse_mode")?.ToUpperInvariant())
        {
            case null or "":
                break;
            case "HTML":
                (text, entities, var fault) = HtmlText.Parse(text);
                if (fault is not null)
                {
                    return BotAnswer.Bad($"can't parse entities: {fault}");
                }

                break;
            default:
                telegram.NoteUnexpected($"parse_mode {call.Text("parse_mode")}");
                return BotAnswer.Bad("unsupported parse_mode");
        }

        text = text.TrimEnd();
        return text.Trim().Length == 0 && empty is not null ? BotAnswer.Bad(empty) : text.Length > longest ? BotAnswer.Bad(tooLong) : null;
    }

    private static JsonNode EntityJson(TextEntity entity)
    {
        var json = new JsonObject { ["type"] = entity.Type, ["offset"] = entity.Offset, ["length"] = entity.Length };
        if (entity.Url is not null)
        {
            json["url"] = entity.Url;
        }

        return json;
    }
}
