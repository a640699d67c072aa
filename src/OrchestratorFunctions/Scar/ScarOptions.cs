using System.ComponentModel.DataAnnotations;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Scar;

/// <summary>Where the coding agent is, how long one of its commands may take, and where it finds us.</summary>
internal sealed class ScarOptions : IValidatableObject, INamesWhatIsOff
{
    /// <summary>How commands reach the coding agent: <c>http</c> (the default) or <c>github</c>, as comments that mention it. A run keeps the way on which it began.</summary>
    [ConfigurationKeyName("SCAR_TRANSPORT")]
    public ScarTransport Transport { get; set; }

    /// <summary>The agent's login on GitHub, for <c>github</c>; read with its meaning by the room GitHub.</summary>
    [ConfigurationKeyName("SCAR_GITHUB_LOGIN")]
    public string? GitHubLogin { get; set; }

    /// <summary>
    /// Base address of the coding agent, http or https, for example <c>http://127.0.0.1:3000</c>. Unset: no command can run. The agent has no
    /// authentication of its own: loopback or a private network only.
    /// </summary>
    [ConfigurationKeyName("SCAR_BASE_URL")]
    public string? BaseUrl { get; set; }

    /// <summary>Seconds that one command may take, counted from its sending; 1 to 86400, default 1800.</summary>
    [ConfigurationKeyName("SCAR_TIMEOUT_SECONDS")]
    public int TimeoutSeconds { get; set; } = 1800;

    /// <summary>Address under which the coding agent reaches this app, to read its briefs. Default <c>http://127.0.0.1:{PORT}</c>.</summary>
    [ConfigurationKeyName("PUBLIC_BASE_URL")]
    public string? PublicBaseUrl { get; set; }

    /// <summary>The port this app listens on, default 8000; used only for the default of <see cref="PublicBaseUrl"/>.</summary>
    [ConfigurationKeyName("PORT")]
    public int Port { get; set; } = 8000;

    /// <summary>What a person reads when no command can run; null when one can.</summary>
    public string? WhatIsMissing => Transport switch
    {
        ScarTransport.Http when BaseUrl is null => "the coding agent is not configured: set SCAR_BASE_URL",
        ScarTransport.GitHub when GitHubLogin is null => "the coding agent is not configured: set SCAR_GITHUB_LOGIN",
        _ => null,
    };

    public bool IsConfigured => WhatIsMissing is null;

    public TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);

    /// <summary>The base address as a client needs it, ending in a slash. Validation reads every property, so a faulty address must not throw here.</summary>
    public Uri? BaseAddress => BaseUrl is not null && Uri.TryCreate(BaseUrl.TrimEnd('/') + "/", UriKind.Absolute, out var address) ? address : null;

    /// <summary>The address of one brief.</summary>
    public string BriefUrl(string token) => $"{(PublicBaseUrl ?? $"http://127.0.0.1:{Port}").TrimEnd('/')}/briefs/{token}";

    public IEnumerable<string> WhatIsOff() => IsConfigured ? [] : [$"the coding agent, so visions are written and nothing is built (set {(Transport == ScarTransport.Http ? "SCAR_BASE_URL" : "SCAR_GITHUB_LOGIN")})"];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BaseUrl is not null && !IsWebAddress(BaseUrl))
        {
            yield return new ValidationResult("SCAR_BASE_URL is not an http or https address without query, such as http://127.0.0.1:3000.");
        }

        if (PublicBaseUrl is not null && !IsWebAddress(PublicBaseUrl))
        {
            yield return new ValidationResult("PUBLIC_BASE_URL is not an http or https address without query, such as https://orchestrator.example.org.");
        }

        if (!Enum.IsDefined(Transport))
        {
            yield return new ValidationResult("SCAR_TRANSPORT is neither http nor github.");
        }

        if (TimeoutSeconds is < 1 or > 86400)
        {
            yield return new ValidationResult("SCAR_TIMEOUT_SECONDS is not between 1 and 86400.");
        }
    }

    // The public address becomes an argument of a command, where blanks, quotes and $ have a meaning of their own.
    private static bool IsWebAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme is "http" or "https") && uri.Host.Length > 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0 &&
        uri.UserInfo.Length == 0 && !text.Any(character => char.IsWhiteSpace(character) || character is '"' or '\'' or '$' or '\\' or '`');
}
