namespace OrchestratorFunctions.Api;

/// <summary>What a token allows; each includes the one before it.</summary>
internal enum ApiRole
{
    /// <summary>Sees projects and gates.</summary>
    Viewer,

    /// <summary>Decides gates, as the person that the token is for.</summary>
    Approver,

    /// <summary>Reads the audit trail.</summary>
    Admin,
}

/// <summary>Who calls.</summary>
/// <param name="Name">The token's name.</param>
/// <param name="Person">For whom its holder decides: <c>telegram:123456</c>; null when for nobody.</param>
internal sealed record ApiCaller(string Name, ApiRole Role, string? Person);
