namespace DurableTask.AzureFunctions;

/// <summary>The extension's task hub does not answer, or this process does not know yet where it is. Trying again later helps.</summary>
/// <param name="reason">What is the matter.</param>
/// <param name="innerException">What caused it.</param>
public sealed class HubUnavailableException(string reason, Exception? innerException = null) : Exception($"The task hub cannot be reached: {reason}.", innerException);
