using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit.Abstractions;

namespace DurableTask.PostgreSql.Tests.Crash;

// A CrashWorker that is killed (-9) at a named statement: "before:durable.commit_steps:2" or "after:…".
internal static class KilledProcess
{
    // Each place by itself, some side by side. All that failed are told together.
    public static async Task EachAsync(IReadOnlyCollection<string> places, Func<string, Task> killAndFinish, ITestOutputHelper output)
    {
        var failures = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(places, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (at, _) =>
        {
            try
            {
                await killAndFinish(at);
            }
            catch (Exception e)
            {
                failures.Add($"{at}: {e.Message}");
            }
        });
        output.WriteLine($"{places.Count} kills, {failures.Count} failures");
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }

    public static async Task RunAsync(string at, params string[] arguments)
    {
        var mark = Path.Combine(Path.GetTempPath(), $"crash-{Guid.NewGuid():N}");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])["exec", Output("CrashWorker"), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_STARTUP_HOOKS"] = Output("CrashPoints");
        start.Environment["CRASH_AT"] = at;
        start.Environment["CRASH_MARK"] = mark;
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            Assert.True(File.Exists(mark), $"the point was never reached; the process ended with {process.ExitCode}: {await errors}");
            // 128 + 9: what a kill -9 looks like from outside.
            Assert.Equal(137, process.ExitCode);
        }
        catch (OperationCanceledException late)
        {
            process.Kill();
            throw new TimeoutException("the process did not end within a minute", late);
        }
        finally
        {
            File.Delete(mark);
        }
    }

    // …/tests/{this project}/bin/{configuration}/{framework}/ → the same place of a neighbour.
    internal static string Output(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(here.Parent!.Parent!.Parent!.Parent!.FullName, project, "bin", here.Parent.Name, here.Name, project + ".dll");
    }
}
