using System.Diagnostics;

namespace Bench.ColdStart;

// The two programs, and what they are started with.
internal static class Published
{
    public static async Task<string> AppAsync(string folder)
    {
        var program = Path.Combine(folder, "OrchestratorFunctions");
        if (!File.Exists(program))
        {
            await RunAsync("./publish", [folder]);
        }

        return program;
    }

    // Published anew each time: it takes seconds when nothing has changed.
    public static async Task<string> EmptyAsync()
    {
        var folder = Path.GetFullPath(Path.Combine(".local", "empty"));
        await RunAsync("dotnet", ["publish", Path.Combine("benchmarks", "Empty"), "--configuration", "Release", "--output", folder, "--nologo", "-v", "quiet"]);
        return Path.Combine(folder, "Empty");
    }

    // As the Functions host starts it, with everything switched on; nobody is called before the first request that needs it.
    public static IReadOnlyDictionary<string, string> Environment(int port, string database) => new Dictionary<string, string>
    {
        ["FUNCTIONS_CUSTOMHANDLER_PORT"] = $"{port}",
        ["FUNCTIONS_WORKER_RUNTIME"] = "custom",
        ["APP_ENV"] = "production",
        ["AzureWebJobsStorage"] = "UseDevelopmentStorage=true",
        ["DATABASE_URL"] = database,
        ["TELEGRAM_BOT_TOKEN"] = "1:none",
        ["TELEGRAM_ALLOWED_USERS"] = "1",
        ["TELEGRAM_UPDATES"] = "webhook",
        ["TELEGRAM_WEBHOOK_SECRET"] = "bench-secret-of-32-characters-000",
        ["GITHUB_WEBHOOK_SECRET"] = "bench-secret-of-32-characters-000",
        ["GITHUB_ACCESS_TOKEN"] = "none",
        ["ANTHROPIC_API_KEY"] = "none",
        ["SCAR_BASE_URL"] = "http://127.0.0.1:1",
        ["METRICS_ENABLED"] = "true",
    };

    private static async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        // Its output is for the person who looks on; ours is the table.
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true }) ?? throw new InvalidOperationException($"{program} did not start.");
        await process.StandardOutput.BaseStream.CopyToAsync(Console.OpenStandardError());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
        }
    }
}
