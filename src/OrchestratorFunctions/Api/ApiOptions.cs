using System.ComponentModel.DataAnnotations;

namespace OrchestratorFunctions.Api;

/// <summary>The tokens that the environment brings; those of the verb <c>tokens</c> are in the database.</summary>
internal sealed class ApiOptions : IValidatableObject
{
    private const int ShortestToken = 32;

    /// <summary>
    /// Comma list of <c>token</c> (an admin), <c>role:token</c> or <c>role:token:person</c>, each token of at least 32 characters, for the first calls
    /// before the verb <c>tokens</c> has made others: <c>admin:3f9c…,approver:81aa…:telegram:123456</c>. They do not expire; take them out when they are not needed.
    /// </summary>
    [ConfigurationKeyName("API_TOKENS")]
    public string? Tokens { get; set; }

    /// <summary>The tokens, each with what it allows.</summary>
    public IEnumerable<(string Token, ApiCaller Caller)> Given() => Entries().Select(parts =>
        (parts[1], new ApiCaller("environment", Enum.Parse<ApiRole>(parts[0], ignoreCase: true), parts.Length == 3 ? parts[2] : null)));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (parts, number) in Entries().Select((parts, index) => (parts, index + 1)))
        {
            // A fault is named by its place: the text is a secret.
            if (!Enum.TryParse<ApiRole>(parts[0], ignoreCase: true, out var role) || !Enum.IsDefined(role) || char.IsAsciiDigit(parts[0][0]))
            {
                yield return new ValidationResult($"API_TOKENS, entry {number}: is not of the form token, role:token or role:token:person, with a role of viewer, approver, admin.");
            }
            else if (parts[1].Length < ShortestToken)
            {
                yield return new ValidationResult($"API_TOKENS, entry {number}: the token has less than {ShortestToken} characters.");
            }
            else if (role == ApiRole.Approver && parts.Length < 3)
            {
                yield return new ValidationResult($"API_TOKENS, entry {number}: an approver decides for a person: approver:token:telegram:123456.");
            }
        }
    }

    private IEnumerable<string[]> Entries() => (Tokens ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(entry => entry.Contains(':', StringComparison.Ordinal) ? entry.Split(':', 3) : [nameof(ApiRole.Admin), entry]);
}
