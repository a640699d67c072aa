using System.CommandLine;
using System.Diagnostics;

namespace TestKit.Player;

/// <summary><c>demo</c>: Ada's idea becomes software, over real HTTP, while you watch. Ends with the line "demo: COMPLETED".</summary>
internal static class DemoVerb
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(150);

    public static Command Create()
    {
        var app = StageOptions.App();
        var database = StageOptions.Database();
        var command = new Command("demo", "Plays the whole job against the stand-ins and prints the chat.") { app, database };
        command.SetAction((parsed, cancellationToken) => PlayAsync(parsed.GetValue(app)!, parsed.GetValue(database)!, cancellationToken));
        return command;
    }

    private static async Task<int> PlayAsync(string app, string database, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Deadline);
        Stage stage;
        try
        {
            stage = await Stage.SetAsync(app, database, late.Token);
        }
        catch (Exception fault)
        {
            Console.WriteLine($"demo: FAILED before the app was ready: {(late.IsCancellationRequested ? "it took too long" : fault.Message)}");
            return 1;
        }

        await using (stage)
        {
            var screen = new Screen(stage, numbered: false, echo: true);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(late.Token);
            var printing = screen.RunAsync(end.Token);
            var ada = new Ada(stage.Ada, () => Deadline - clock.Elapsed is { Ticks: > 0 } left ? left : TimeSpan.Zero);
            var trouble = await TroubleAsync(() => ada.PlayAsync().WaitAsync(late.Token), late.Token);
            await end.CancelAsync();
            await printing;
            screen.Flush();
            trouble ??= stage.StandIns.Unexpected.Concat(stage.StandIns.Telegram.FailedWebhookAnswers).ToArray() is { Length: > 0 } calls ? $"calls that no vendor knows:\n{string.Join('\n', calls)}" : null;
            if (trouble is null)
            {
                screen.Line($"{stage.Ada.Chat.Messages.Count} messages, {stage.StandIns.Scar.Runs.Count} commands of the coding agent, {stage.StandIns.OpenAi.Requests.Count} questions to the model, {clock.Elapsed.TotalSeconds:0} s", "grey");
                screen.Line("demo: COMPLETED", "green");
                return 0;
            }

            screen.Line($"demo: FAILED: {trouble}", "red");
            foreach (var call in stage.StandIns.Unexpected)
            {
                screen.Line($"unexpected: {call}");
            }

            screen.Line($"The end of the app's log:\n{stage.LogTail}");
            return 1;
        }
    }

    private static async Task<string?> TroubleAsync(Func<Task> play, CancellationToken cancellationToken)
    {
        try
        {
            await play();
            return null;
        }
        catch (TimeoutException fault)
        {
            // The chat is on the screen already.
            return fault.Message.Split('\n')[0];
        }
        catch (Exception fault)
        {
            return cancellationToken.IsCancellationRequested ? "it was stopped, or took longer than 150 s" : fault.Message;
        }
    }
}
