using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Telegram;
using OrchestratorFunctions.Tests.TestApp;
using Telegram.Bot.Types;

namespace OrchestratorFunctions.Tests.Telegram;

public sealed class TelegramIntakeTests
{
    private static int lastUpdate = 100;

    [Fact]
    public async Task A_stranger_hears_once_a_day_how_to_be_let_in_and_nothing_is_stored()
    {
        await using var bot = await BotRooms.StartAsync();
        for (var message = 0; message < 3; message++)
        {
            Assert.Null(await ReceiveAsync(bot, Message("hello", 666)));
            Assert.Null(await ReceiveAsync(bot, Message("/status", 666)));
        }

        Assert.Contains("666", Assert.Single(await SaidAsync(bot)), StringComparison.Ordinal);
        bot.Rooms.Time.Advance(TimeSpan.FromDays(1));
        await ReceiveAsync(bot, Message("hello", 666));
        Assert.Equal(2, (await SaidAsync(bot)).Count);
        Assert.Equal(0L, await bot.Rooms.ReadAsync<long>("select count(*) from inbox"));
    }

    [Fact]
    public async Task A_stranger_who_sends_a_picture_hears_nothing()
    {
        await using var bot = await BotRooms.StartAsync();
        var update = Message(null, 666);
        update.Message!.Photo = [];
        await ReceiveAsync(bot, update);
        Assert.Empty(await SaidAsync(bot));
    }

    [Fact]
    public async Task A_press_of_a_stranger_is_answered_and_may_do_nothing()
    {
        await using var bot = await BotRooms.StartAsync();
        var answer = await ReceiveAsync(bot, Press("junk", 666));
        Assert.Equal(new PressAnswer("cb", "I do not know this button."), answer);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_long_toast_is_cut_between_characters(int shift)
    {
        await using var bot = await BotRooms.StartAsync();
        var project = await bot.Rooms.ProjectAsync(name: new string('x', 1 + shift) + string.Concat(Enumerable.Repeat("🍞", 99)));
        var token = await bot.Rooms.ButtonAsync(TalkVerbs.SwitchProject, project.Id);
        var toast = (await ReceiveAsync(bot, Press(token, 1001)))!.Toast;
        Assert.InRange(toast.Length, 199, 200);
        Assert.EndsWith("🍞…", toast, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/status@project_orchestrator_bot", 1)]
    [InlineData("/status@PROJECT_orchestrator_BOT", 1)]
    [InlineData("/status@another_bot", 0)]
    public async Task A_command_for_another_bot_is_left_to_it(string command, int answers)
    {
        await using var bot = await BotRooms.StartAsync();
        await ReceiveAsync(bot, Message(command, 1001));
        await ReceiveAsync(bot, Message(command, 1001));
        Assert.Equal(2 * answers, (await SaidAsync(bot)).Count);
        Assert.Single(bot.Telegram.Calls, call => call.Path.EndsWith("getMe", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_command_with_a_name_is_answered_while_Telegram_does_not_tell_our_own()
    {
        await using var bot = await BotRooms.StartAsync();
        await bot.Telegram.StopAsync();
        await ReceiveAsync(bot, Message("/status@some_bot", 1001));
        Assert.Single(await SaidAsync(bot));
    }

    [Fact]
    public async Task A_hint_is_said_once_for_one_update()
    {
        await using var bot = await BotRooms.StartAsync();
        var update = Message(" ", 1001);
        await ReceiveAsync(bot, update);
        await ReceiveAsync(bot, update);
        Assert.Equal(["I could not find any words in that."], await SaidAsync(bot));
    }

    [Fact]
    public async Task Who_has_no_name_is_called_by_the_user_name_or_the_id()
    {
        await using var bot = await BotRooms.StartAsync();
        foreach (var (first, last, user, expected) in new[] { ("Ada", "Lovelace", "ada", "Ada Lovelace"), ("\0", null, "ada", "ada"), (" ", null, null, "1001") })
        {
            var update = Message("hello", 1001);
            (update.Message!.From!.FirstName, update.Message.From.LastName, update.Message.From.Username) = (first, last, user);
            await ReceiveAsync(bot, update);
            Assert.Equal(expected, await bot.Rooms.ReadAsync<string>("select name from people"));
        }
    }

    private static Task<IReadOnlyList<string>> SaidAsync(BotRooms bot) => bot.Rooms.ListAsync<string>("select markdown from outbox order by id");

    private static Task<PressAnswer?> ReceiveAsync(BotRooms bot, Update update) => bot.Rooms.Get<TelegramIntake>().ReceiveAsync(update, default);

    private static Update Message(string? text, long user) => new()
    {
        Id = Interlocked.Increment(ref lastUpdate), Message = new Message { Id = 5, Chat = new Chat { Id = user }, From = new User { Id = user, FirstName = "Ada" }, Text = text },
    };

    private static Update Press(string data, long user) => new()
    {
        Id = Interlocked.Increment(ref lastUpdate), CallbackQuery = new CallbackQuery { Id = "cb", From = new User { Id = user, FirstName = "Eve" }, Data = data },
    };
}
