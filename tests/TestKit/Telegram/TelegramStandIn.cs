using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using TestKit.Http;

namespace TestKit.Telegram;

/// <summary>The Bot API: keeps chats as people see them and refuses what Telegram refuses.</summary>
public sealed class TelegramStandIn : StandIn
{
    private readonly ConcurrentDictionary<long, TelegramChat> chats = new();
    private readonly ConcurrentDictionary<string, TelegramChat> presses = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConcurrentQueue<BotAnswer>> refusals = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentQueue<string> failedWebhookAnswers = new();
    private readonly Messages messages;
    private readonly Updates updates;
    private int lastUpdate = RandomNumberGenerator.GetInt32(100_000, 900_000_000);

    public TelegramStandIn()
    {
        messages = new Messages(this);
        updates = new Updates(Changes);
    }

    public string Token { get; } = "7000000001:" + RandomNumberGenerator.GetHexString(35);

    public string WebhookSecret { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    public string BotName { get; } = "Bot";

    public string BotUserName { get; } = "project_orchestrator_bot";

    /// <summary>Where setWebhook has pointed; empty for none.</summary>
    public string WebhookUrl => updates.WebhookUrl;

    /// <summary>Method calls in webhook answers that Telegram would have refused (and would have told nobody about).</summary>
    public IReadOnlyList<string> FailedWebhookAnswers => [.. failedWebhookAnswers];

    public IEnumerable<TelegramChat> Chats => chats.Values;

    public TelegramChat? Chat(long id) => chats.GetValueOrDefault(id);

    /// <summary>A chat that the bot may write to; the same one for the same id.</summary>
    public TelegramChat AddChat(long id, string type, string title) => chats.GetOrAdd(id, _ => new TelegramChat(id, type, title));

    /// <summary>A chat that goes on from where another stand-in's chat stands.</summary>
    public TelegramChat AddChat(TelegramChat like) => chats.GetOrAdd(like.Id, _ => like.Copy());

    /// <summary>The next calls of <paramref name="method"/> are refused like this; with <paramref name="retryAfter"/> and 429 as flood control does.</summary>
    public void RefuseNext(string method, int status, string description, int? retryAfter = null, int count = 1)
    {
        for (var index = 0; index < count; index++)
        {
            refusals.GetOrAdd(method, _ => new ConcurrentQueue<BotAnswer>()).Enqueue(new BotAnswer(status, null, description, retryAfter));
        }
    }

    internal int NextUpdateId() => Interlocked.Increment(ref lastUpdate);

    internal Updates Queue => updates;

    internal JsonObject MessageJson(TelegramChat chat, ShownMessage message) => messages.ToJson(chat, message);

    internal string OpenPress(TelegramChat chat)
    {
        var id = RandomNumberGenerator.GetInt32(1, int.MaxValue).ToString(CultureInfo.InvariantCulture) + RandomNumberGenerator.GetInt32(1, int.MaxValue).ToString(CultureInfo.InvariantCulture);
        presses[id] = chat;
        return id;
    }

    internal JsonObject Me() => new() { ["id"] = long.Parse(Token.Split(':')[0], CultureInfo.InvariantCulture), ["is_bot"] = true, ["first_name"] = BotName, ["username"] = BotUserName };

    internal JsonObject PersonJson(string name) => new() { ["id"] = 0, ["is_bot"] = false, ["first_name"] = name };

    /// <summary>What the app wrote into its answer to a webhook request: a method call, or nothing.</summary>
    internal async Task ApplyWebhookAnswerAsync(string body)
    {
        if (body.Length == 0 || JsonNode.Parse(body) is not JsonObject call || call["method"]?.GetValue<string>() is not { } method)
        {
            return;
        }

        var answer = await CallAsync(method, new BotParameters(call), CancellationToken.None);
        if (answer.Status != 200)
        {
            failedWebhookAnswers.Enqueue($"{method}: {answer.Description}");
        }

        Changes.Pulse();
    }

    protected override void Map(IEndpointRouteBuilder routes) => routes.Map("/bot{token}/{method}", async (HttpContext context, string token, string method) =>
    {
        var answer = token != Token
            ? new BotAnswer(401, null, "Unauthorized")
            : await CallAsync(method, await BotParameters.ReadAsync(context.Request), context.RequestAborted);
        await WriteAsync(context, answer);
    });

    protected override void MapControl(IEndpointRouteBuilder routes) => TelegramControl.Map(routes, this);

    protected override Task NotFoundAsync(HttpContext context) => WriteAsync(context, new BotAnswer(404, null, "Not Found"));

    protected override string Masked(string path) => path.Replace(Token, "TOKEN", StringComparison.Ordinal);

    private static Task WriteAsync(HttpContext context, BotAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(answer.ToJson().ToJsonString());
    }

    private async Task<BotAnswer> CallAsync(string method, BotParameters call, CancellationToken cancellationToken)
    {
        if (refusals.TryGetValue(method, out var waiting) && waiting.TryDequeue(out var refusal))
        {
            return refusal;
        }

        // Method names are case-insensitive in the Bot API.
        return method.ToLowerInvariant() switch
        {
            "getme" => BotAnswer.Ok(MeInFull()),
            "sendmessage" => messages.Send(call),
            "senddocument" => messages.SendDocument(call),
            "sendchataction" => messages.ChatAction(call),
            "editmessagetext" => messages.EditText(call),
            "editmessagereplymarkup" => messages.EditButtons(call),
            "answercallbackquery" => AnswerPress(call),
            "setwebhook" => updates.SetWebhook(call),
            "deletewebhook" => updates.DeleteWebhook(call),
            "getwebhookinfo" => updates.Info(),
            "getupdates" => await updates.GetAsync(call, cancellationToken),
            "setmycommands" => call.Node("commands") is JsonArray ? BotAnswer.Yes : BotAnswer.Bad("can't parse commands JSON object"),
            "deletemycommands" => BotAnswer.Yes,
            _ => Unknown(method),
        };
    }

    private BotAnswer Unknown(string method)
    {
        NoteUnexpected($"method {method}");
        return new BotAnswer(404, null, "Not Found");
    }

    private JsonObject MeInFull()
    {
        var me = Me();
        me["can_join_groups"] = true;
        me["can_read_all_group_messages"] = false;
        me["supports_inline_queries"] = false;
        return me;
    }

    private BotAnswer AnswerPress(BotParameters call)
    {
        if (!presses.TryGetValue(call.Text("callback_query_id") ?? "", out var chat))
        {
            return BotAnswer.Bad("query is too old and response timeout expired or query ID is invalid");
        }

        var text = call.Text("text") ?? "";
        if (text.Length > 200)
        {
            return BotAnswer.Bad("MESSAGE_TOO_LONG");
        }

        chat.Show(new Toast(text, call.Flag("show_alert")));
        return BotAnswer.Yes;
    }
}
