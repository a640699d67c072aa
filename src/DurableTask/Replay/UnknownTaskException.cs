namespace DurableTask.Replay;

// This process has no class for the name or version. Another one may: the work is left to it, nothing fails.
internal sealed class UnknownTaskException(string what) : Exception($"This worker does not know the {what}.");
