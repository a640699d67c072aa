namespace OrchestratorFunctions.Ai;

/// <summary>The model does not answer: down, busy, too slow, or it refuses our key. The same question can be asked again later.</summary>
internal sealed class ModelUnavailableException(string message) : Exception(message);

/// <summary>The model answered and nothing can be made of it, also after it was told what was wrong.</summary>
internal sealed class ModelAnswerException(string message) : Exception(message);
