using System.ComponentModel.DataAnnotations;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Ai;

/// <summary>Who answers.</summary>
internal enum AiProvider
{
    /// <summary>Nobody: a fixed interview takes the model's place.</summary>
    Offline,

    /// <summary>A deployment of Azure OpenAI.</summary>
    Azure,

    /// <summary>OpenAI, or a server that speaks its API.</summary>
    OpenAi,

    /// <summary>Anthropic.</summary>
    Anthropic,
}

/// <summary>The language model. Without any of these settings the app works offline; half of a vendor's settings fail the start.</summary>
internal sealed class AiOptions : IValidatableObject, INamesWhatIsOff
{
    private const string DefaultAnthropicModel = "claude-sonnet-5-5";

    /// <summary><c>azure</c>, <c>openai</c>, <c>anthropic</c> or <c>offline</c>. Unset: the one vendor that has a key or endpoint, else offline.</summary>
    [ConfigurationKeyName("AI_PROVIDER")]
    public string? ProviderName { get; set; }

    /// <summary>The model's name. Required for <c>openai</c>; for <c>anthropic</c> the default is claude-sonnet-5-5; not used for <c>azure</c>, where the deployment decides.</summary>
    [ConfigurationKeyName("AI_MODEL")]
    public string? Model { get; set; }

    /// <summary><c>https://NAME.openai.azure.com</c>.</summary>
    [ConfigurationKeyName("AZURE_OPENAI_ENDPOINT")]
    public string? AzureEndpoint { get; set; }

    /// <summary>The deployment's name in Azure.</summary>
    [ConfigurationKeyName("AZURE_OPENAI_DEPLOYMENT")]
    public string? AzureDeployment { get; set; }

    /// <summary>The resource's key. Unset: the app's managed identity, or whoever is signed in on a laptop.</summary>
    [ConfigurationKeyName("AZURE_OPENAI_API_KEY")]
    public string? AzureApiKey { get; set; }

    /// <summary>OpenAI's key.</summary>
    [ConfigurationKeyName("OPENAI_API_KEY")]
    public string? OpenAiApiKey { get; set; }

    /// <summary>Where the API is, with its <c>/v1</c>. Default <c>https://api.openai.com/v1</c>.</summary>
    [ConfigurationKeyName("OPENAI_BASE_URL")]
    public string OpenAiBaseUrl { get; set; } = "https://api.openai.com/v1";

    /// <summary>Anthropic's key.</summary>
    [ConfigurationKeyName("ANTHROPIC_API_KEY")]
    public string? AnthropicApiKey { get; set; }

    /// <summary>Where the API is, without <c>/v1</c>. Default <c>https://api.anthropic.com</c>.</summary>
    [ConfigurationKeyName("ANTHROPIC_BASE_URL")]
    public string AnthropicBaseUrl { get; set; } = "https://api.anthropic.com";

    /// <summary>The vendor these settings mean; valid settings mean exactly one.</summary>
    public AiProvider Provider => ProviderName is null ? Implied() is [var only] ? only : AiProvider.Offline : Named() ?? AiProvider.Offline;

    /// <summary>What the vendor calls the model.</summary>
    public string ModelName => Provider switch
    {
        AiProvider.Azure => AzureDeployment!,
        AiProvider.Anthropic => Model ?? DefaultAnthropicModel,
        _ => Model!,
    };

    public IEnumerable<string> WhatIsOff() =>
        Provider == AiProvider.Offline ? ["the language model; six fixed questions take its place (set ANTHROPIC_API_KEY, OPENAI_API_KEY or AZURE_OPENAI_ENDPOINT)"] : [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Faults().Select(fault => new ValidationResult(fault));

    private IEnumerable<string> Faults()
    {
        if (ProviderName is not null && Named() is null)
        {
            yield return "AI_PROVIDER is none of azure, openai, anthropic, offline.";
        }

        if (ProviderName is null && Implied().Count > 1)
        {
            yield return $"Several AI vendors are set ({string.Join(", ", Implied()).ToLowerInvariant()}): say in AI_PROVIDER which one to use.";
        }

        foreach (var fault in Provider switch
        {
            AiProvider.Azure => AzureFaults(),
            AiProvider.OpenAi => OpenAiFaults(),
            AiProvider.Anthropic => AnthropicFaults(),
            _ => [],
        })
        {
            yield return fault;
        }
    }

    private IEnumerable<string> AzureFaults()
    {
        if (AzureEndpoint is null)
        {
            yield return "AZURE_OPENAI_ENDPOINT is not set.";
        }
        else if (!IsSafe(AzureEndpoint))
        {
            yield return "AZURE_OPENAI_ENDPOINT is neither an https address nor http on this machine.";
        }

        if (AzureDeployment is null)
        {
            yield return "AZURE_OPENAI_DEPLOYMENT is not set.";
        }
    }

    private IEnumerable<string> OpenAiFaults()
    {
        if (OpenAiApiKey is null)
        {
            yield return "OPENAI_API_KEY is not set.";
        }

        if (Model is null)
        {
            yield return "AI_MODEL is not set: name the model that OpenAI, or the server at OPENAI_BASE_URL, should use.";
        }

        if (!IsSafe(OpenAiBaseUrl))
        {
            yield return "OPENAI_BASE_URL is neither an https address nor http on this machine.";
        }
    }

    private IEnumerable<string> AnthropicFaults()
    {
        if (AnthropicApiKey is null)
        {
            yield return "ANTHROPIC_API_KEY is not set.";
        }

        if (!IsSafe(AnthropicBaseUrl))
        {
            yield return "ANTHROPIC_BASE_URL is neither an https address nor http on this machine.";
        }
    }

    private AiProvider? Named() => ProviderName?.ToLowerInvariant() switch
    {
        "azure" => AiProvider.Azure,
        "openai" => AiProvider.OpenAi,
        "anthropic" => AiProvider.Anthropic,
        "offline" => AiProvider.Offline,
        _ => null,
    };

    private List<AiProvider> Implied()
    {
        List<AiProvider> implied = [];
        if (AzureEndpoint is not null || AzureDeployment is not null || AzureApiKey is not null)
        {
            implied.Add(AiProvider.Azure);
        }

        if (OpenAiApiKey is not null)
        {
            implied.Add(AiProvider.OpenAi);
        }

        if (AnthropicApiKey is not null)
        {
            implied.Add(AiProvider.Anthropic);
        }

        return implied;
    }

    private static bool IsSafe(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}
