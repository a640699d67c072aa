using System.Collections.Concurrent;
using Spectre.Console;
using TestKit.Telegram;

namespace TestKit.Player;

/// <summary>Prints the chat as it happens: in colours on a terminal, plainly elsewhere. Buttons get numbers when somebody is to press them by number.</summary>
internal sealed class Screen(Stage stage, bool numbered, bool echo)
{
    private readonly bool colours = !Console.IsOutputRedirected;
    private readonly ConcurrentDictionary<int, (ShownMessage Message, ShownButton Button)> buttons = new();
    private readonly HashSet<string> phases = new(StringComparer.Ordinal);
    private int printed;
    private int lastButton;

    /// <summary>The button of this number, also of an old message.</summary>
    public (ShownMessage Message, ShownButton Button)? Button(int number) => buttons.TryGetValue(number, out var found) ? found : null;

    /// <summary>Prints until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var telegram = stage.StandIns.Telegram.Changes;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await telegram.UntilAsync(() => stage.Ada.Chat.History.Count > printed, "something to print", TimeSpan.FromMilliseconds(200));
            }
            catch (TimeoutException)
            {
                // The coding agent has no part in the chat: its phases are looked for between two messages.
            }

            Flush();
        }
    }

    /// <summary>Prints what is new.</summary>
    public void Flush()
    {
        lock (phases)
        {
            foreach (var happened in stage.Ada.Chat.History.Skip(printed))
            {
                printed++;
                Print(happened);
            }

            foreach (var run in stage.StandIns.Scar.Runs)
            {
                Phase($"{run.Command} begins in {run.Repository.Name}", run.StartedAt.Ticks);
                if (run.EndedAt is not null)
                {
                    Phase($"{run.Command} has ended", run.StartedAt.Ticks);
                }
            }
        }
    }

    public void Line(string text, string colour = "default")
    {
        if (colours)
        {
            AnsiConsole.MarkupLine($"[{colour}]{Markup.Escape(text)}[/]");
        }
        else
        {
            Console.WriteLine(text);
        }
    }

    private void Phase(string what, long key)
    {
        if (phases.Add($"{key} {what}"))
        {
            Line($"phase: {what}", "grey");
        }
    }

    private void Print(ChatEvent happened)
    {
        if (happened.Toast is { } toast)
        {
            Line($"Bot (toast): {toast.Text}", "yellow");
            return;
        }

        var message = happened.Message!;
        if (!message.FromBot)
        {
            if (echo)
            {
                Say(message.Author, message.Text, "green");
            }

            return;
        }

        Say(happened.Kind == "edit" ? "Bot (edited)" : "Bot", message.Text, "aqua");
        if (message.Rows.Count > 0)
        {
            Line("     " + string.Join(' ', message.Buttons.Select(button => Label(message, button))), "bold");
        }

        // What can be approved is a gate; its first line says of what.
        if (happened.Kind == "message" && message.Buttons.Any(button => button.Label is "Approve" or "Retry"))
        {
            Line($"gate: {message.Text.Split('\n')[0]}", "magenta");
        }
    }

    private void Say(string who, string text, string colour) => Line($"{who}: {text.ReplaceLineEndings("\n").Replace("\n", "\n     ", StringComparison.Ordinal)}", colour);

    private string Label(ShownMessage message, ShownButton button)
    {
        if (!numbered)
        {
            return $"[{button.Label}]";
        }

        var number = ++lastButton;
        buttons[number] = (message, button);
        return $"[{number} {button.Label}]";
    }
}
