namespace DurableTask.AzureFunctions;

/// <summary>How this process works under the Functions host.</summary>
public sealed class FunctionsOptions
{
    /// <summary>
    /// What the process ends with. Not 0, after which the host never starts it again; any other code is counted, and the third within half an hour stops the host. 200 is
    /// neither (seen with host 4.1037).
    /// </summary>
    public const int ExitCode = 200;

    /// <summary>The environment variable in which the host says on which port it expects this process.</summary>
    public const string PortVariable = "FUNCTIONS_CUSTOMHANDLER_PORT";

    /// <summary>How long a process that is told to end waits for what it is doing. Default 20 s, below the 30 s after which platforms kill.</summary>
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a call waits for the address of the hub when none is known yet. Default 5 s.</summary>
    public TimeSpan HubPatience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Runs at the end of each invocation of an activity, timer or queue function, before the host gets the answer; must not throw.</summary>
    public Func<IServiceProvider, CancellationToken, Task>? AfterInvocation { get; set; }
}
