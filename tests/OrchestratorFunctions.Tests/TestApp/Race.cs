namespace OrchestratorFunctions.Tests.TestApp;

/// <summary>Lets several start at the same moment.</summary>
internal static class Race
{
    public static async Task<T[]> RunAsync<T>(params Func<Task<T>>[] runners)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = runners.Select(runner => Task.Run(async () =>
        {
            await start.Task;
            return await runner();
        })).ToArray();
        start.SetResult();
        return await Task.WhenAll(running);
    }

    public static Task<T[]> RunAsync<T>(int times, Func<int, Task<T>> runner) => RunAsync([.. Enumerable.Range(0, times).Select(index => (Func<Task<T>>)(() => runner(index)))]);
}
