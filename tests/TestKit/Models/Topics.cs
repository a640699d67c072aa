namespace TestKit.Models;

/// <summary>What the model wants to know, how it asks, and which words in a property's name mean it.</summary>
internal sealed record Topic(string Question, string[] Names)
{
    public static IReadOnlyList<Topic> All { get; } =
    [
        new("What would you like to build?", ["what", "idea", "title", "name", "summary", "solution", "overview", "description", "product"]),
        new("Who will use it?", ["who", "user", "audience", "people", "persona", "stakeholder"]),
        new("What is difficult today, without it?", ["problem", "pain", "why", "need"]),
        new("Which things must it be able to do first?", ["feature", "function", "requirement", "must"]),
        new("How would somebody use it, from opening it to being done?", ["journey", "flow", "step", "usage", "story"]),
        new("How will you know that it works well?", ["success", "metric", "goal", "measure", "criteri"]),
    ];

    /// <summary>What the person said to this topic: the message after its question, and to the first one the very first message.</summary>
    public string? Answer(ModelRequest request)
    {
        var messages = request.Messages.Where(message => message.Role is "user" or "assistant").ToArray();
        var asked = Array.FindIndex(messages, message => message.Role == "assistant" && message.Text.Contains(Question, StringComparison.Ordinal));
        return asked >= 0 ? messages.Skip(asked + 1).FirstOrDefault(message => message.Role == "user")?.Text
            : this == All[0] ? messages.FirstOrDefault(message => message.Role == "user")?.Text : null;
    }

    /// <summary>The topic that a property's name is about, or null. The later topics are the narrower ones: "user_journey" is a journey.</summary>
    public static Topic? Named(string property) =>
        All.Reverse().FirstOrDefault(topic => topic.Names.Any(name => property.Contains(name, StringComparison.OrdinalIgnoreCase)));
}
