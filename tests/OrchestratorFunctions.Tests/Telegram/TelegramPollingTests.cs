using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Moq;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Telegram;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.Http;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.Telegram;

public sealed class TelegramPollingTests
{
    [Fact]
    public async Task An_update_is_acknowledged_only_after_it_was_stored_and_one_that_could_not_be_stored_is_asked_for_again()
    {
        await using var bot = await PollingAsync();
        await bot.Rooms.ExecuteAsync("alter table inbox rename to inbox_away");
        using var ada = new TelegramPerson(bot.Telegram, app: null, userId: 1001);
        await ada.SayAsync("bread");
        await RunAsync(bot, async () =>
        {
            await WhileTimePassesAsync(bot, () => Asked(bot).Length >= 4);
            Assert.Single(Asked(bot).Distinct());
            await bot.Rooms.ExecuteAsync("alter table inbox_away rename to inbox");
            var late = DateTime.UtcNow.AddSeconds(20);
            while (await bot.Rooms.ReadAsync<long>("select count(*) from inbox") == 0)
            {
                Assert.True(DateTime.UtcNow < late, "the update was not asked for again");
                bot.Rooms.Time.Advance(TimeSpan.FromSeconds(3));
                await Task.Delay(10);
            }

            // What is asked with the next offset is answered, and so recorded, when there is something new.
            await ada.SayAsync("cakes");
            await WhileTimePassesAsync(bot, () => Asked(bot).Distinct().Count() >= 2);
        });
        Assert.Equal(1L, await bot.Rooms.ReadAsync<long>("select count(*) from inbox where payload ->> 'text' = 'bread'"));
        Assert.Equal(await bot.Rooms.ReadAsync<string>("select (delivery_id::bigint + 1)::text from inbox where payload ->> 'text' = 'bread'"), Asked(bot).Distinct().ElementAt(1));
    }

    [Fact]
    public async Task A_press_is_answered_by_a_call_and_a_toast_that_cannot_be_shown_does_not_bring_the_press_again()
    {
        await using var bot = await PollingAsync();
        var gate = await bot.Rooms.VisionGateAsync((await bot.Rooms.ProjectAsync(OrchestratorFunctions.Projects.ProjectStatus.VisionReview)).Id);
        var token = await bot.Rooms.ButtonAsync(GateVerbs.Approve, gate);
        using var ada = new TelegramPerson(bot.Telegram, app: null, userId: 1001);
        bot.Telegram.RefuseNext("answerCallbackQuery", 400, "Bad Request: query is too old");
        await ada.PressTokenAsync(token);
        await ada.PressTokenAsync(token);
        await RunAsync(bot, () => bot.Telegram.Changes.UntilAsync(() => ada.Chat.Toasts.Any(), "a toast"));
        Assert.StartsWith("Already approved by Ada", Assert.Single(ada.Chat.Toasts).Text, StringComparison.Ordinal);
        Assert.Equal(2, bot.Telegram.Calls.Count(call => call.Path.EndsWith("answerCallbackQuery", StringComparison.OrdinalIgnoreCase)));
        Assert.Equal(["approval_granted success"], await bot.Rooms.AuditAsync());
    }

    [Fact]
    public async Task Where_Telegram_calls_us_nobody_asks()
    {
        await using var bot = await BotRooms.StartAsync();
        await RunAsync(bot, () => Polling(bot).ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Empty(Asked(bot));
    }

    private static Task<BotRooms> PollingAsync() => BotRooms.StartAsync(with: services => services.PostConfigure<TelegramOptions>(options => options.Updates = TelegramUpdateMode.Polling));

    private static TelegramPolling Polling(BotRooms bot) => bot.Rooms.Get<IEnumerable<IHostedService>>().OfType<TelegramPolling>().Single();

    private static async Task RunAsync(BotRooms bot, Func<Task> test)
    {
        await Polling(bot).StartAsync(default);
        try
        {
            await test();
        }
        finally
        {
            await Polling(bot).StopAsync(default).WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    private static async Task WhileTimePassesAsync(BotRooms bot, Func<bool> until)
    {
        var late = DateTime.UtcNow.AddSeconds(20);
        while (!until())
        {
            Assert.True(DateTime.UtcNow < late, string.Join(", ", Asked(bot)));
            bot.Rooms.Time.Advance(TimeSpan.FromSeconds(3));
            await Task.Delay(10);
        }
    }

    // The offsets that were asked for. A call is recorded when it has been answered.
    private static string[] Asked(BotRooms bot) => [.. bot.Telegram.Calls.Where(call => call.Path.EndsWith("getUpdates", StringComparison.OrdinalIgnoreCase))
        .Select(call => System.Text.Json.Nodes.JsonNode.Parse(call.Body)!["offset"]?.ToString() ?? "0")];
}
