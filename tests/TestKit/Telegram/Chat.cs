namespace TestKit.Telegram;

/// <summary>An inline button as it is shown.</summary>
/// <param name="Label">What the person reads.</param>
/// <param name="Data">callback_data; null for a link.</param>
public sealed record ShownButton(string Label, string? Data, string? Url = null);

/// <summary>A message as a person sees it.</summary>
/// <param name="Id">message_id.</param>
/// <param name="FromBot">False: the person's own.</param>
/// <param name="Text">Plain text after entity parsing.</param>
public sealed record ShownMessage(int Id, bool FromBot, string Author, string Text, IReadOnlyList<IReadOnlyList<ShownButton>> Rows)
{
    public IReadOnlyList<TextEntity> Entities { get; init; } = [];

    public bool AsksForReply { get; init; }

    /// <summary>How often it was edited.</summary>
    public int Edits { get; init; }

    public DateTimeOffset SentAt { get; init; }

    public IEnumerable<ShownButton> Buttons => Rows.SelectMany(row => row);

    public override string ToString() => $"{Author}: {Text}{string.Concat(Buttons.Select(button => $" [{button.Label}]"))}{(Edits > 0 ? " (edited)" : "")}";
}

/// <summary>The answer to a press.</summary>
/// <param name="Alert">A window rather than a line that fades.</param>
public sealed record Toast(string Text, bool Alert);

/// <summary>One line of a chat's history in the order it happened.</summary>
/// <param name="Kind">"message", "edit" or "toast".</param>
public sealed record ChatEvent(int Number, string Kind, ShownMessage? Message, Toast? Toast)
{
    public override string ToString() => Kind switch
    {
        "toast" => $"({Toast!.Text})",
        "edit" => $"* {Message}",
        _ => Message!.ToString(),
    };
}

/// <summary>One chat. Reading takes a snapshot; only the stand-in writes.</summary>
public sealed class TelegramChat(long id, string type, string title)
{
    private readonly Lock gate = new();
    private readonly List<ShownMessage> messages = [];
    private readonly List<ChatEvent> history = [];
    private int lastId;

    public long Id => id;

    /// <summary>private, group, supergroup or channel.</summary>
    public string Type => type;

    public string Title => title;

    /// <summary>The person has blocked the bot: every send is 403.</summary>
    public bool Blocked { get; set; }

    public IReadOnlyList<ShownMessage> Messages
    {
        get
        {
            lock (gate)
            {
                return [.. messages];
            }
        }
    }

    public IReadOnlyList<ChatEvent> History
    {
        get
        {
            lock (gate)
            {
                return [.. history];
            }
        }
    }

    public IEnumerable<Toast> Toasts => History.Where(item => item.Toast is not null).Select(item => item.Toast!);

    public ShownMessage? Find(int messageId) => Messages.FirstOrDefault(message => message.Id == messageId);

    /// <summary>This chat as it stands, for another stand-in: its messages and their numbers, without its history.</summary>
    internal TelegramChat Copy()
    {
        var copy = new TelegramChat(id, type, title);
        lock (gate)
        {
            copy.messages.AddRange(messages);
            copy.lastId = lastId;
        }

        return copy;
    }

    internal ShownMessage Add(Func<int, ShownMessage> make)
    {
        lock (gate)
        {
            var message = make(++lastId);
            messages.Add(message);
            history.Add(new ChatEvent(history.Count, "message", message, null));
            return message;
        }
    }

    internal void Replace(ShownMessage edited)
    {
        lock (gate)
        {
            messages[messages.FindIndex(message => message.Id == edited.Id)] = edited;
            history.Add(new ChatEvent(history.Count, "edit", edited, null));
        }
    }

    internal void Show(Toast toast)
    {
        lock (gate)
        {
            history.Add(new ChatEvent(history.Count, "toast", null, toast));
        }
    }
}
