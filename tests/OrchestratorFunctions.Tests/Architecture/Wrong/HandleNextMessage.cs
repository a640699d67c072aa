namespace OrchestratorFunctions.Tests.Architecture.Wrong.Conversations;

internal sealed record HandleNextMessage;
