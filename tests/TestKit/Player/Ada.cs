using TestKit.Telegram;

namespace TestKit.Player;

/// <summary>
/// Plays Ada from what she sees: questions she answers, an offer she takes, the first vision she sends back once, everything later she approves.
/// She knows nothing of what the app will do next.
/// </summary>
public sealed class Ada(TelegramPerson person, Func<TimeSpan> remaining)
{
    private const string Idea = "A web page where the customers of my bakery order bread the evening before and pick it up in the morning.";
    private const string Wish = "No payments in the first version: people pay when they pick up.";
    private const string Enough = "That is everything that I can think of. Please go on.";

    private static readonly (string[] Words, string Answer)[] Knowledge =
    [
        (["who ", "users", "for whom"], "My regular customers, about two hundred people, and the two of us in the shop."),
        (["difficult", "problem", "today", "why"], "People ring while we bake and we write orders on paper, so we forget some and throw away bread every day."),
        (["be able to do", "feature", "must it", "needs to do"], "Choose breads, choose a pick-up time, see the list of orders in the morning, mark an order as picked up."),
        (["journey", "somebody use", "would use", "step by step", "opening it", "goes through"], "They open the page on the phone, pick the breads, say when they come, give a name and get a short confirmation."),
        (["know that it works", "success", "measure", "works well", "went well"], "If after a month eight of ten orders come through the page and hardly anybody rings any more."),
    ];

    private readonly HashSet<int> seen = [];
    private readonly HashSet<string> given = new(StringComparer.Ordinal);
    private bool hasAsked;
    private bool hasChanged;
    private int lastWords;

    /// <summary>Plays until the chat says that the project is completed.</summary>
    public async Task PlayAsync()
    {
        await person.SayAsync("/start");
        while (await NextAsync() is { } message)
        {
            seen.Add(message.Id);
            if (message.Text.Contains("is completed", StringComparison.OrdinalIgnoreCase))
            {
                return;
            }

            await AnswerAsync(message);
        }
    }

    private async Task<ShownMessage?> NextAsync()
    {
        ShownMessage? next = null;
        await person.WaitForAsync(chat => (next = chat.Messages.FirstOrDefault(message => message.FromBot && !seen.Contains(message.Id))) is not null, "the bot's next message", remaining());
        return next;
    }

    private async Task AnswerAsync(ShownMessage message)
    {
        var labels = message.Buttons.Select(button => button.Label).ToArray();
        if (labels.Contains("Generate vision"))
        {
            // Once is enough: whoever has pressed it waits for what comes.
            if (hasAsked)
            {
                return;
            }

            hasAsked = true;
            await person.PressAsync(message, "Generate vision");
        }
        else if (labels.Contains("Change") && !hasChanged && message.Text.Contains("vision", StringComparison.OrdinalIgnoreCase))
        {
            hasChanged = true;
            await person.PressAsync(message, "Change");
        }
        else if (labels.Contains("Approve"))
        {
            await person.PressAsync(message, "Approve");
        }
        else if (labels.Contains("Retry"))
        {
            throw new InvalidOperationException($"The bot is in trouble: {message.Text}");
        }
        else if (Words(message) is { } words)
        {
            await person.SayAsync(words);
        }
    }

    // What she says to a message without buttons; null when nothing is asked.
    private string? Words(ShownMessage message)
    {
        var text = message.Text;
        if (!text.Contains('?', StringComparison.Ordinal))
        {
            return null;
        }

        if (text.Contains("/repo", StringComparison.Ordinal))
        {
            return "/repo octocat/demo-app";
        }

        if (given.Add(Idea))
        {
            return Idea;
        }

        if (hasChanged)
        {
            return given.Add(Wish) ? Wish : null;
        }

        // An offer that stands below the question is dealt with first.
        if (person.Chat.Messages.Any(shown => shown.Id > message.Id && shown.Buttons.Any()))
        {
            return null;
        }

        var answer = Knowledge.Where(item => !given.Contains(item.Answer)).OrderByDescending(item => item.Words.Count(word => text.Contains(word, StringComparison.OrdinalIgnoreCase))).FirstOrDefault().Answer;
        return answer is not null && given.Add(answer) ? answer
            : ++lastWords <= 3 ? Enough
            : throw new InvalidOperationException($"The bot keeps asking: {text}");
    }
}
