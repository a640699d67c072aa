using System.ComponentModel.DataAnnotations;

namespace OrchestratorFunctions.Audit.Trail;

/// <summary>Where the audit trail is written to besides the database.</summary>
internal enum AuditTarget
{
    /// <summary><c>audit.log</c> in LOG_DIRECTORY; nowhere when that is off.</summary>
    File,

    /// <summary>Standard output.</summary>
    Stdout,

    /// <summary>Nowhere; the database has it.</summary>
    Off,
}

/// <summary>Settings of the audit trail.</summary>
internal sealed class AuditOptions : IValidatableObject
{
    /// <summary><c>file</c> (default: <c>audit.log</c> in LOG_DIRECTORY), <c>stdout</c> or <c>off</c>.</summary>
    [ConfigurationKeyName("AUDIT_LOG")]
    public AuditTarget Target { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // The binder takes any number.
        if (!Enum.IsDefined(Target))
        {
            yield return new ValidationResult("AUDIT_LOG is none of file, stdout, off.");
        }
    }
}
