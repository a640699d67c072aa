namespace OrchestratorFunctions.Operations;

/// <summary>Whoever runs a verb, as the audit trail names him: <c>operator:root</c>, by the account of the machine.</summary>
internal static class Operator
{
    public static string Name => $"operator:{Environment.UserName}";
}
