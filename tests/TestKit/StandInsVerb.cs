using System.CommandLine;
using System.Text.Json;

namespace TestKit;

/// <summary><c>stand-ins [--port-file FILE]</c>: the four as one process, until it is told to end. What it prints is JSON: addresses and settings.</summary>
internal static class StandInsVerb
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var file = new Option<FileInfo?>("--port-file") { Description = "Where to write the addresses and settings, once everything answers." };
        var command = new Command("stand-ins", "Runs Telegram, SCAR, OpenAI and Anthropic on 127.0.0.1; each has a control API below /control.") { file };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var standIns = await StandIns.StartAsync();
            var text = JsonSerializer.Serialize(
                new { telegram = standIns.Telegram.Address, scar = standIns.Scar.Address, openai = standIns.OpenAi.Address, anthropic = standIns.Anthropic.Address, environment = standIns.Environment }, Indented);
            if (parsed.GetValue(file) is { } target)
            {
                // Renamed into place: whoever waits for the file must not read half of it.
                await File.WriteAllTextAsync(target.FullName + ".part", text, CancellationToken.None);
                File.Move(target.FullName + ".part", target.FullName, overwrite: true);
            }

            Console.WriteLine(text);
            await WaitForEndAsync(cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task WaitForEndAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C or SIGTERM.
        }
    }
}
