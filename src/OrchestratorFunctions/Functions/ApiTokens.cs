using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;

namespace OrchestratorFunctions.Functions;

/// <summary>Who may use the operator's HTTP functions.</summary>
internal sealed class ApiTokens : IValidatableObject
{
    public const string Hint = "No API token is configured: set API_TOKENS.";
    private const int Shortest = 32;

    /// <summary>Comma list of tokens of at least 32 characters each, sent as <c>Authorization: Bearer …</c>. Unset: the operator's HTTP functions answer 503.</summary>
    [ConfigurationKeyName("API_TOKENS")]
    public string? Tokens { get; set; }

    public bool IsConfigured => All.Length > 0;

    private string[] All => Tokens?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>Whether an Authorization header holds one of them. Hashes have one length, so the comparison tells nothing; every token is compared.</summary>
    public bool Allow(string? authorization)
    {
        const string scheme = "Bearer ";
        var given = SHA256.HashData(Encoding.UTF8.GetBytes(authorization is not null && authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? authorization[scheme.Length..].Trim() : ""));
        return All.Aggregate(false, (found, token) => CryptographicOperations.FixedTimeEquals(given, SHA256.HashData(Encoding.UTF8.GetBytes(token))) | found);
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        All.Any(token => token.Length < Shortest) ? [new ValidationResult($"API_TOKENS holds a token of less than {Shortest} characters.")] : [];
}
