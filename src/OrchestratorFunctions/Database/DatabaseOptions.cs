using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace OrchestratorFunctions.Database;

/// <summary>Where the one PostgreSQL database of the app is.</summary>
internal sealed class DatabaseOptions : IValidatableObject
{
    /// <summary>
    /// <c>postgresql://user:password@host:port/database</c>, also in the runbook's form <c>postgresql+asyncpg://…</c>, or an Npgsql
    /// connection string. Required.
    /// </summary>
    [ConfigurationKeyName("DATABASE_URL")]
    public string? Url { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Url is null)
        {
            yield return new ValidationResult("DATABASE_URL is not set: name a PostgreSQL database, or start with ./run, which brings its own.");
            yield break;
        }

        if (DatabaseUrl.Problem(Url) is { } problem)
        {
            yield return new ValidationResult($"DATABASE_URL {problem}");
        }
    }
}
