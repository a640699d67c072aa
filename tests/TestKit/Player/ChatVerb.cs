using System.CommandLine;
using System.Globalization;

namespace TestKit.Player;

/// <summary><c>chat</c>: you are Ada. Lines go to the bot, a number presses the button of that number; /quit or the end of the input ends it.</summary>
internal static class ChatVerb
{
    public static Command Create()
    {
        var app = StageOptions.App();
        var database = StageOptions.Database();
        var command = new Command("chat", "The same stand-ins with you as the person.") { app, database };
        command.SetAction((parsed, cancellationToken) => TalkAsync(parsed.GetValue(app)!, parsed.GetValue(database)!, cancellationToken));
        return command;
    }

    private static async Task<int> TalkAsync(string app, string database, CancellationToken cancellationToken)
    {
        Stage stage;
        try
        {
            stage = await Stage.SetAsync(app, database, cancellationToken);
        }
        catch (Exception fault)
        {
            Console.WriteLine($"chat: {fault.Message}");
            return 1;
        }

        await using (stage)
        {
            var screen = new Screen(stage, numbered: true, echo: Console.IsInputRedirected);
            screen.Line($"The app runs at {stage.Address}. Write to the bot; press a button by its number; /quit ends. The coding agent knows octocat/demo-app.", "grey");
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var printing = screen.RunAsync(end.Token);
            await ReadAsync(stage, screen, cancellationToken);
            await end.CancelAsync();
            await printing;
            screen.Flush();
            return 0;
        }
    }

    private static async Task ReadAsync(Stage stage, Screen screen, CancellationToken cancellationToken)
    {
        try
        {
            // On a thread of its own: reading a terminal cannot be cancelled.
            while (await Task.Run(Console.ReadLine, cancellationToken).WaitAsync(cancellationToken) is { } line && line.Trim() != "/quit")
            {
                var before = stage.Ada.Chat.History.Count;
                await SendAsync(stage, screen, line.Trim());
                if (Console.IsInputRedirected)
                {
                    await ReactionAsync(stage, before, screen);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C.
        }
    }

    private static async Task SendAsync(Stage stage, Screen screen, string line)
    {
        try
        {
            if (int.TryParse(line, CultureInfo.InvariantCulture, out var number) && screen.Button(number) is { } shown)
            {
                await stage.Ada.PressTokenAsync(shown.Button.Data!, shown.Message);
            }
            else if (line.Length > 0)
            {
                await stage.Ada.SayAsync(line);
            }
        }
        catch (Exception fault) when (fault is InvalidOperationException or HttpRequestException)
        {
            screen.Line($"(not delivered: {fault.Message})", "red");
        }
    }

    // Lines of a file come faster than anybody types: the next one waits for what the bot says to this one.
    private static async Task ReactionAsync(Stage stage, int before, Screen screen)
    {
        try
        {
            await stage.Ada.WaitForAsync(chat => chat.History.Skip(before).Any(happened => happened.Message is not { FromBot: false }), "the bot's answer", TimeSpan.FromSeconds(20));
            screen.Flush();
        }
        catch (TimeoutException)
        {
            screen.Line("(no answer in 20 s)", "red");
        }
    }
}
