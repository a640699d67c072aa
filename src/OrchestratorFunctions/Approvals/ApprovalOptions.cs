using System.ComponentModel.DataAnnotations;

namespace OrchestratorFunctions.Approvals;

/// <summary>How long a gate waits, and how often a document is reworked.</summary>
internal sealed class ApprovalOptions : IValidatableObject
{
    /// <summary>Hours until the one reminder. Default 48; more than 0 and less than the deadline.</summary>
    [ConfigurationKeyName("GATE_REMINDER_HOURS")]
    public double ReminderHours { get; set; } = 48;

    /// <summary>Hours until an unanswered gate expires and the project pauses. Default 72, at most 720.</summary>
    [ConfigurationKeyName("GATE_DEADLINE_HOURS")]
    public double DeadlineHours { get; set; } = 72;

    /// <summary>How many times a document is reworked before we go back to talking. Default 3, 1 to 20.</summary>
    [ConfigurationKeyName("REWORK_LIMIT")]
    public int ReworkLimit { get; set; } = 3;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!(ReminderHours > 0 && ReminderHours < DeadlineHours && DeadlineHours <= 720))
        {
            yield return new ValidationResult("GATE_REMINDER_HOURS must be more than 0 and less than GATE_DEADLINE_HOURS, which is at most 720.");
        }

        if (ReworkLimit is < 1 or > 20)
        {
            yield return new ValidationResult("REWORK_LIMIT must be between 1 and 20.");
        }
    }
}
