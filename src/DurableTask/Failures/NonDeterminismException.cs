namespace DurableTask;

/// <summary>The orchestrator's code and its history disagree, or the code left the orchestrator's thread. The instance fails; its message names the step.</summary>
/// <param name="message">Which step, what the history says and what the code did.</param>
public sealed class NonDeterminismException(string message) : Exception(message);
