namespace DurableTask;

/// <summary>Thrown by an activity or orchestrator when trying again cannot help: retry policies stop at once.</summary>
/// <param name="message">What is wrong; stored and shown, so without secrets.</param>
/// <param name="innerException">What caused it.</param>
public sealed class PermanentFailureException(string message, Exception? innerException = null) : Exception(message, innerException);
