using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.GitHub;

/// <summary>GitHub: what comes in needs a webhook secret, what goes out a token or an app. Without them the channel is off.</summary>
internal sealed partial class GitHubOptions : IValidatableObject, INamesWhatIsOff
{
    /// <summary>Shown wherever GitHub is needed and not configured.</summary>
    public const string CredentialsHint = "set GITHUB_ACCESS_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY";

    /// <summary>The secret of the webhook; long and random. Without it nothing is accepted.</summary>
    [ConfigurationKeyName("GITHUB_WEBHOOK_SECRET")]
    public string? WebhookSecret { get; set; }

    /// <summary>The secret before the present one, accepted as well while GitHub is told the new one. Unset when that is done.</summary>
    [ConfigurationKeyName("GITHUB_WEBHOOK_SECRET_PREVIOUS")]
    public string? PreviousWebhookSecret { get; set; }

    /// <summary>A personal access token of a machine account; not together with an app.</summary>
    [ConfigurationKeyName("GITHUB_ACCESS_TOKEN")]
    public string? AccessToken { get; set; }

    /// <summary>The number of the GitHub App that we are.</summary>
    [ConfigurationKeyName("GITHUB_APP_ID")]
    public long? AppId { get; set; }

    /// <summary>The app's private key: PEM, its line breaks may be written as <c>\n</c>; or the path of a PEM file.</summary>
    [ConfigurationKeyName("GITHUB_APP_PRIVATE_KEY")]
    public string? AppPrivateKey { get; set; }

    /// <summary>Where the REST API is. Default <c>https://api.github.com</c>; GitHub Enterprise Server: <c>https://HOST/api/v3</c>.</summary>
    [ConfigurationKeyName("GITHUB_API_BASE_URL")]
    public string ApiBaseUrl { get; set; } = "https://api.github.com";

    /// <summary>How people call us in issues. Default <c>@orchestrator</c>.</summary>
    [ConfigurationKeyName("GITHUB_MENTION")]
    public string Mention { get; set; } = "@orchestrator";

    /// <summary>The label that makes an issue a project. Default <c>orchestrate</c>.</summary>
    [ConfigurationKeyName("GITHUB_LABEL")]
    public string Label { get; set; } = "orchestrate";

    /// <summary>Comma list of logins of bots that may talk to us, for example <c>renovate[bot]</c>. Default none. A bot never decides.</summary>
    [ConfigurationKeyName("GITHUB_ALLOWED_BOTS")]
    public string? AllowedBots { get; set; }

    /// <summary>The template, <c>owner/name</c>, from which <c>/repo new</c> makes repositories. Unset: none are made.</summary>
    [ConfigurationKeyName("GITHUB_TEMPLATE_REPOSITORY")]
    public string? TemplateRepository { get; set; }

    /// <summary>The login of the coding agent's account, for <c>SCAR_TRANSPORT=github</c>, with <c>[bot]</c> when it is an app's. What it writes is an answer, never a command. Unset: none.</summary>
    [ConfigurationKeyName("SCAR_GITHUB_LOGIN")]
    public string? AgentLogin { get; set; }

    /// <summary>How the coding agent is called in comments. Default <c>@</c> and its login.</summary>
    [ConfigurationKeyName("SCAR_GITHUB_MENTION")]
    public string? AgentMention { get; set; }

    /// <summary>Whether webhooks are accepted only from GitHub's published addresses (<c>hooks</c> of the meta API). Default false.</summary>
    [ConfigurationKeyName("WEBHOOK_IP_FILTERING_ENABLED")]
    public bool FiltersAddresses { get; set; }

    /// <summary>Comma list of ranges (CIDR, IPv4 and IPv6) that are accepted beside the published ones.</summary>
    [ConfigurationKeyName("GITHUB_WEBHOOK_IPS")]
    public string? ExtraAddresses { get; set; }

    /// <summary>The secrets that count now, the present one first.</summary>
    public IReadOnlyList<string> Secrets => WebhookSecret is null ? [] : PreviousWebhookSecret is null ? [WebhookSecret] : [WebhookSecret, PreviousWebhookSecret];

    public bool IsApp => AppId is not null && AppPrivateKey is not null;

    public bool HasCredentials => IsApp || AccessToken is not null;

    /// <summary>The base address as a client needs it, ending in a slash.</summary>
    public Uri? BaseAddress => Uri.TryCreate(ApiBaseUrl.TrimEnd('/') + "/", UriKind.Absolute, out var address) ? address : null;

    /// <summary>Whether this is the coding agent's account.</summary>
    public bool IsAgent(string? login) => AgentLogin is not null && string.Equals(login, AgentLogin, StringComparison.OrdinalIgnoreCase);

    public bool AllowsBot(string login) => List(AllowedBots).Contains(login, StringComparer.OrdinalIgnoreCase);

    /// <summary>The parts of a comma list.</summary>
    public static IReadOnlyList<string> List(string? text) => text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>The app's key. The caller disposes it.</summary>
    /// <exception cref="ArgumentException">It is no private key.</exception>
    public RSA ReadKey()
    {
        var text = AppPrivateKey!.Contains("-----BEGIN", StringComparison.Ordinal) ? AppPrivateKey.Replace("\\n", "\n", StringComparison.Ordinal) : File.ReadAllText(AppPrivateKey);
        var key = RSA.Create();
        key.ImportFromPem(text);
        return key;
    }

    public IEnumerable<string> WhatIsOff()
    {
        if (WebhookSecret is null)
        {
            yield return "GitHub's webhook (set GITHUB_WEBHOOK_SECRET)";
        }

        if (!HasCredentials)
        {
            yield return WebhookSecret is null
                ? $"speaking on GitHub ({CredentialsHint})"
                : $"everybody is ignored on GitHub, since who may write cannot be asked ({CredentialsHint})";
        }
    }

    public IEnumerable<string> WhatIsWeak() => Settings.Weak(("GITHUB_WEBHOOK_SECRET", WebhookSecret), ("GITHUB_WEBHOOK_SECRET_PREVIOUS", PreviousWebhookSecret));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PreviousWebhookSecret is not null && WebhookSecret is null)
        {
            yield return new ValidationResult("GITHUB_WEBHOOK_SECRET_PREVIOUS is set and GITHUB_WEBHOOK_SECRET is not.");
        }

        if ((AppId is null) != (AppPrivateKey is null))
        {
            yield return new ValidationResult("GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY are needed together.");
        }

        if (IsApp && AccessToken is not null)
        {
            yield return new ValidationResult("GITHUB_ACCESS_TOKEN and GITHUB_APP_ID are both set: choose one, so that it is clear who speaks.");
        }

        if (IsApp && !HasReadableKey())
        {
            yield return new ValidationResult("GITHUB_APP_PRIVATE_KEY is neither a private key in PEM form nor the path of one.");
        }

        if (BaseAddress is not { } address || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
        {
            yield return new ValidationResult("GITHUB_API_BASE_URL is neither an https address nor http on this machine.");
        }

        if (!LoginMention().IsMatch(Mention))
        {
            yield return new ValidationResult("GITHUB_MENTION is not @ and a name of letters, digits and single hyphens.");
        }

        if (TemplateRepository is not null && (Projects.RepositoryName.Parse(TemplateRepository) != TemplateRepository))
        {
            yield return new ValidationResult("GITHUB_TEMPLATE_REPOSITORY is not owner/name.");
        }

        if (AgentMention is not null && !LoginMention().IsMatch(AgentMention))
        {
            yield return new ValidationResult("SCAR_GITHUB_MENTION is not @ and a name of letters, digits and single hyphens.");
        }

        if (AgentLogin is not null && !LoginMention().IsMatch($"@{AgentLogin.Replace("[bot]", "", StringComparison.OrdinalIgnoreCase)}"))
        {
            yield return new ValidationResult("SCAR_GITHUB_LOGIN is not a login of letters, digits and single hyphens, with [bot] at its end for an app.");
        }

        foreach (var range in List(ExtraAddresses).Where(text => !System.Net.IPNetwork.TryParse(text, out _)))
        {
            yield return new ValidationResult($"GITHUB_WEBHOOK_IPS holds {range}, which is no range such as 192.0.2.0/24 or 2001:db8::/32.");
        }
    }

    private bool HasReadableKey()
    {
        try
        {
            using var key = ReadKey();
            return key.ExportRSAPrivateKey().Length > 0;
        }
        catch (Exception fault) when (fault is ArgumentException or CryptographicException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"\A@[A-Za-z0-9]+(-[A-Za-z0-9]+)*\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LoginMention();
}
