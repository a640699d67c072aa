using System.Diagnostics;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The app as ./publish makes it. ./test has made it before; whoever runs a test by itself waits for it here, once.</summary>
internal static class PublishedApp
{
    private static readonly Lazy<Task<string>> Folder = new(async () => Environment.GetEnvironmentVariable("TEST_FUNCTIONAPP") is { Length: > 0 } made ? made : await PublishAsync());

    public static Task<string> FolderAsync() => Folder.Value;

    private static async Task<string> PublishAsync()
    {
        var folder = Checkout.PathOf(".local", "functionapp");
        using var process = Process.Start(new ProcessStartInfo(Checkout.PathOf("publish"), [folder]) { UseShellExecute = false, RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? folder : throw new InvalidOperationException($"./publish ended with {process.ExitCode}:\n{said}");
    }
}
