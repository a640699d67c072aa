using System.ClientModel;
using System.ClientModel.Primitives;
using Anthropic;
using Azure.AI.OpenAI;
using Azure.Core;
using Microsoft.Extensions.AI;
using OpenAI;

namespace OrchestratorFunctions.Ai;

/// <summary>The vendors' clients, each as the one <see cref="IChatClient"/> that the rooms know.</summary>
internal static class ChatClients
{
    // The durable callers retry with pauses that a person can see; the clients only get over a hiccup.
    private const int Retries = 1;

    /// <summary>The client that <paramref name="options"/> mean, or null when offline.</summary>
    /// <param name="http">The connection to use; its own timeout is off, since the caller's deadline rules.</param>
    /// <param name="identity">Who we are in Azure when there is no key.</param>
    public static IChatClient? Create(AiOptions options, HttpClient http, Func<TokenCredential> identity) => options.Provider switch
    {
        AiProvider.Azure => Azure(options, http, identity).GetChatClient(options.ModelName).AsIChatClient(),
        AiProvider.OpenAi => new OpenAIClient(
            new ApiKeyCredential(options.OpenAiApiKey!), Pipeline(new OpenAIClientOptions { Endpoint = new Uri(options.OpenAiBaseUrl) }, http)).GetChatClient(options.ModelName).AsIChatClient(),
        AiProvider.Anthropic => Anthropic(options, http).AsIChatClient(options.ModelName),
        _ => null,
    };

    /// <summary>Anthropic's own client.</summary>
    public static AnthropicClient Anthropic(AiOptions options, HttpClient http) => new()
    {
        ApiKey = options.AnthropicApiKey!,
        BaseUrl = options.AnthropicBaseUrl.TrimEnd('/'),
        HttpClient = http,
        MaxRetries = Retries,
        Timeout = LanguageModel.Deadline,
    };

    private static AzureOpenAIClient Azure(AiOptions options, HttpClient http, Func<TokenCredential> identity)
    {
        var endpoint = new Uri(options.AzureEndpoint!);
        var pipeline = Pipeline(new AzureOpenAIClientOptions(), http);
        return options.AzureApiKey is { } key ? new AzureOpenAIClient(endpoint, new ApiKeyCredential(key), pipeline) : new AzureOpenAIClient(endpoint, identity(), pipeline);
    }

    private static TOptions Pipeline<TOptions>(TOptions options, HttpClient http)
        where TOptions : ClientPipelineOptions
    {
        options.Transport = new HttpClientPipelineTransport(http);
        options.RetryPolicy = new ClientRetryPolicy(Retries);
        options.NetworkTimeout = LanguageModel.Deadline;
        return options;
    }
}
