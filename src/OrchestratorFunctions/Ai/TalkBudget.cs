using Microsoft.Extensions.AI;

namespace OrchestratorFunctions.Ai;

/// <summary>What was said in a topic, by <c>user</c> or <c>assistant</c>.</summary>
internal sealed record TopicMessage(string Role, string Content)
{
    public const string User = "user";
    public const string Assistant = "assistant";
}

/// <summary>How much of a talk a model is given.</summary>
internal static class TalkBudget
{
    /// <summary>The most messages of one request.</summary>
    public const int MostMessages = 40;

    /// <summary>The most characters of all messages of one request; about 8 000 tokens.</summary>
    public const int MostCharacters = 32_000;

    private const int LongestMessage = 8_000;

    /// <summary>
    /// The newest messages that fit, oldest first: as messages of their own, so that what a person writes can never pass for ours. The newest is
    /// always there. It begins with a person's message, as vendors demand.
    /// </summary>
    public static List<ChatMessage> Newest(IReadOnlyList<TopicMessage> messages)
    {
        var kept = new List<ChatMessage>();
        var room = MostCharacters;
        foreach (var message in messages.Where(message => !string.IsNullOrWhiteSpace(message.Content)).Reverse().Take(MostMessages))
        {
            var text = Shorten(message.Content, LongestMessage);
            room -= text.Length;
            if (room < 0)
            {
                break;
            }

            kept.Insert(0, new ChatMessage(message.Role == TopicMessage.Assistant ? ChatRole.Assistant : ChatRole.User, text));
        }

        kept.RemoveRange(0, kept.TakeWhile(message => message.Role == ChatRole.Assistant).Count());
        return kept;
    }

    /// <summary><paramref name="text"/>, or its beginning and a word on what is missing.</summary>
    public static string Shorten(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        var end = char.IsHighSurrogate(text[most - 1]) ? most - 1 : most;
        return $"{text[..end]}\n[… {text.Length - end} more characters are left out]";
    }
}
