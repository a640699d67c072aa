using System.CommandLine;
using DurableTask;

namespace OrchestratorFunctions.Instances;

/// <summary><c>replay FILE</c>: replays recorded histories against this program's orchestrators. Needs no settings and no database.</summary>
internal static class ReplayVerb
{
    public static Command Create(Func<DurableTaskRegistry> tasks)
    {
        var files = new Argument<FileInfo[]>("file") { Description = "Histories that instances export has written.", Arity = ArgumentArity.OneOrMore };
        var replay = new Command("replay", "Replay recorded histories against the present code and name the first divergence.") { files };
        replay.SetAction(async (parsed, cancellationToken) =>
        {
            await using var services = new ServiceCollection().BuildServiceProvider();
            var code = 0;
            foreach (var file in parsed.GetValue(files)!)
            {
                var fault = await FaultAsync(file, tasks(), services, cancellationToken);
                await (fault is null ? Console.Out.WriteLineAsync($"{file.Name}: replays") : Console.Error.WriteLineAsync($"{file.Name}: {fault}"));
                code = fault is null ? code : 1;
            }

            return code;
        });
        return replay;
    }

    private static async Task<string?> FaultAsync(FileInfo file, DurableTaskRegistry tasks, IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            return HistoryReplay.FirstDivergence(tasks, services, OrchestrationHistory.Parse(await File.ReadAllTextAsync(file.FullName, cancellationToken)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or FormatException)
        {
            return fault.Message;
        }
    }
}
