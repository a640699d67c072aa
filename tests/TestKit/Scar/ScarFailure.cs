namespace TestKit.Scar;

/// <summary>How a run ends badly, in SCAR's words.</summary>
/// <param name="Reason">The text before the last message; batch mode loses it.</param>
/// <param name="Last">The last message.</param>
/// <param name="ReasonInBatch">The two limits of batch mode say their reason there.</param>
public sealed record ScarFailure(string? Reason, string Last, bool ReasonInBatch = false)
{
    public static ScarFailure InvalidApiKey { get; } = Exit("Invalid API key · Fix external API key");

    public static ScarFailure Forbidden { get; } = Exit("API Error: 403 {\"type\":\"error\",\"error\":{\"type\":\"permission_error\",\"message\":\"forbidden\"}} · Please run /login");

    public static ScarFailure BadRequest { get; } = Exit("API Error: 400 {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"bad request\"}}");

    public static ScarFailure NoCredit { get; } = Exit("Credit balance is too low");

    public static ScarFailure PromptTooLong { get; } = Exit("Prompt is too long");

    public static ScarFailure RateLimited { get; } = Exit("API Error: 429 {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow down\"}}");

    public static ScarFailure ModelBroken { get; } = Exit("API Error: 500 {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"internal\"}}");

    public static ScarFailure Overloaded { get; } = Exit("API Error: 529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"overloaded\"}}");

    public static ScarFailure TimedOut { get; } = Exit("Request timed out");

    public static ScarFailure ModelUnreachable { get; } = Exit("API Error: Connection error.");

    /// <summary>Lost session files, or SCAR run as root: no reason at all.</summary>
    public static ScarFailure ExitOnly { get; } = Exit(null);

    public static ScarFailure Terminated { get; } = new(null, Error("Claude Code process exited with code 143"));

    public static ScarFailure Killed { get; } = new(null, Error("Claude Code process terminated by signal SIGKILL"));

    public static ScarFailure FolderGone { get; } = new(null, Error("Failed to spawn Claude Code process: spawn node ENOENT"));

    public static ScarFailure DatabaseRefuses { get; } = new(null, "⚠️ Database connection issue. Please try again in a moment.");

    public static ScarFailure DatabaseHangs { get; } = new(null, "⚠️ Request timed out. The AI service may be slow. Try again or use /reset.");

    public static ScarFailure TooManyTools { get; } = new(
        "❌ Task exceeded maximum tool call limit (200). The session has been terminated to prevent infinite loops.", Error("Maximum tool call limit exceeded"), ReasonInBatch: true);

    public static ScarFailure TwentyMinutes { get; } = new(
        "❌ Task timed out after 20 minutes. The session has been terminated to prevent hanging.", Error("Maximum task duration exceeded"), ReasonInBatch: true);

    /// <summary>The failure of this name, for the control API.</summary>
    public static ScarFailure? Named(string name) =>
        typeof(ScarFailure).GetProperty(name, System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Static)?.GetValue(null) as ScarFailure;

    internal static string Error(string what) => $"⚠️ Error: {what}. Try /reset if issue persists.";

    private static ScarFailure Exit(string? reason) => new(reason, Error("Claude Code process exited with code 1"));
}

/// <summary>Thrown by a script to end its run with a failure.</summary>
public sealed class ScarRunFailedException(ScarFailure failure) : Exception(failure.Last)
{
    public ScarFailure Failure => failure;
}
