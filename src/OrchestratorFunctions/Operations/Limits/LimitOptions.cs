using System.ComponentModel.DataAnnotations;
using OrchestratorFunctions.Operations.Live;

namespace OrchestratorFunctions.Operations.Limits;

/// <summary>How much one sender may do, and whom we believe about where a request comes from.</summary>
internal sealed class LimitOptions : IValidatableObject
{
    public const string UnverifiedDefault = "100/minute";
    public const string PersonDefault = "60/minute";

    /// <summary>How many requests that fail verification one client may send, <c>N/second|minute|hour|day</c>; default <c>100/minute</c>. Changes live.</summary>
    [ConfigurationKeyName(LiveSettings.DefaultRateLimit)]
    public string Unverified { get; set; } = UnverifiedDefault;

    /// <summary>How many messages one verified person may send; default <c>60/minute</c>. Changes live.</summary>
    [ConfigurationKeyName(LiveSettings.PersonRateLimit)]
    public string Person { get; set; } = PersonDefault;

    /// <summary>Comma list of addresses and networks that get 403 and nothing else. Changes live.</summary>
    [ConfigurationKeyName(LiveSettings.BlockedIps)]
    public string? Blocked { get; set; }

    /// <summary>
    /// Comma list of the proxies whose <c>X-Forwarded-For</c> is believed. Default none: the peer of the connection is the client. Behind the
    /// Functions host the peer is always loopback, so name <c>127.0.0.1,::1</c> there.
    /// </summary>
    [ConfigurationKeyName("TRUSTED_PROXIES")]
    public string? TrustedProxies { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        (string Name, string? Problem)[] checks =
        [
            (LiveSettings.DefaultRateLimit, RateLimit.Problem(Unverified)), (LiveSettings.PersonRateLimit, RateLimit.Problem(Person)),
            (LiveSettings.BlockedIps, AddressList.Problem(Blocked ?? "")), ("TRUSTED_PROXIES", AddressList.Problem(TrustedProxies ?? "")),
        ];
        return checks.Where(check => check.Problem is not null).Select(check => new ValidationResult($"{check.Name} {check.Problem}"));
    }
}
