using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>Ada's way, as far as a test needs it. She finds it by what the chat shows.</summary>
internal static class Journey
{
    public const string Repository = "octocat/demo-app";

    public static readonly string[] Answers =
    [
        "A web page where my bakery's customers order bread the evening before",
        "My regular customers, about two hundred, and the two of us in the shop",
        "People ring while we bake and we forget orders, which costs us money every day",
        "Choose breads, choose a pick-up time, see the list in the morning, mark orders as paid",
        "They open the page, pick the breads, say when they come, and get a short confirmation",
        "If in a month eight of ten orders come through the page and nobody rings any more",
        "That is really everything, please go on",
        "Yes, exactly like that",
    ];

    /// <summary>Tells the idea and answers questions until the vision is offered.</summary>
    public static async Task TalkUntilOfferedAsync(this OrchestratorApp app)
    {
        foreach (var answer in Answers)
        {
            var heard = app.Ada.Chat.Messages.Count(message => message.FromBot);
            await app.Ada.SayAsync(answer);
            await app.Ada.WaitForAsync(chat => chat.Messages.Count(message => message.FromBot) > heard, "a reply");
            // The offer is said in the same transaction as the reply and follows it.
            await app.UntilAsync("select count(*) from outbox where status = 'PENDING'", 0L);
            if (Shows(app.Ada, "Generate vision"))
            {
                return;
            }
        }

        throw new InvalidOperationException($"No vision was offered:\n{app.Ada.Transcript}");
    }

    /// <summary>As far as the question about the vision.</summary>
    public static async Task<ShownMessage> ToVisionGateAsync(this OrchestratorApp app)
    {
        await app.TalkUntilOfferedAsync();
        await app.Ada.PressAsync("Generate vision");
        return await app.WaitForGateAsync("Vision, version 1");
    }

    /// <summary>As far as the question about the plan, in a repository chosen beforehand.</summary>
    public static async Task<ShownMessage> ToPlanGateAsync(this OrchestratorApp app)
    {
        await app.ToVisionGateAsync();
        await app.Ada.SayAsync($"/repo {Repository}");
        await app.Ada.WaitForAsync("works in");
        await app.Ada.PressAsync("Approve");
        return await app.WaitForGateAsync("Plan, version 1");
    }

    /// <summary>As far as the question about the report.</summary>
    public static async Task<ShownMessage> ToReportGateAsync(this OrchestratorApp app)
    {
        await app.ToPlanGateAsync();
        await app.Ada.PressAsync("Approve");
        return await app.WaitForGateAsync("Report, version 1");
    }

    /// <summary>Waits for the question of a gate, with its buttons.</summary>
    public static async Task<ShownMessage> WaitForGateAsync(this OrchestratorApp app, string title, TimeSpan? deadline = null)
    {
        ShownMessage? question = null;
        await app.Ada.WaitForAsync(
            chat => (question = chat.Messages.LastOrDefault(message => message.FromBot && message.Text.Contains(title, StringComparison.Ordinal) && message.Buttons.Any())) is not null,
            $"the question about {title}", deadline ?? TimeSpan.FromSeconds(30));
        return question!;
    }

    public static bool Shows(TelegramPerson person, string label) => person.Chat.Messages.Any(message => message.Buttons.Any(button => button.Label == label));
}
