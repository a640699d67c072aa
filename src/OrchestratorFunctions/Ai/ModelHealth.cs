using System.Net;
using System.Net.Http.Headers;
using Anthropic.Exceptions;
using Anthropic.Models.Models;
using Azure.Core;
using Microsoft.Extensions.Options;

namespace OrchestratorFunctions.Ai;

/// <summary>What <c>/health/ai</c> says.</summary>
internal enum ModelHealthStatus
{
    Ok,
    Degraded,
    NotConfigured,
}

/// <summary>Looks whether the vendor answers and takes our key, by listing models, which costs nothing.</summary>
internal sealed class ModelHealth(IOptions<AiOptions> options, IHttpClientFactory http, AzureIdentity identity, TimeProvider time, ILogger<ModelHealth> logger) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BadFor = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim one = new(1);
    private (ModelHealthStatus State, long At)? known;

    /// <summary>The state, at most a minute old (ten seconds when degraded). Never throws; takes five seconds at the longest.</summary>
    public async Task<ModelHealthStatus> CheckAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Provider == AiProvider.Offline)
        {
            return ModelHealthStatus.NotConfigured;
        }

        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await one.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            return ModelHealthStatus.Degraded;
        }

        try
        {
            // By the time that passed: a clock that is put back must not make an old answer look new.
            if (known is { } last && time.GetElapsedTime(last.At) < (last.State == ModelHealthStatus.Ok ? GoodFor : BadFor))
            {
                return last.State;
            }

            var state = await LookAsync(either.Token);
            // A caller who went away learnt nothing about the vendor.
            if (state == ModelHealthStatus.Ok || !cancellationToken.IsCancellationRequested)
            {
                known = (state, time.GetTimestamp());
            }

            return state;
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    private async Task<ModelHealthStatus> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var client = http.CreateClient(AiModule.HttpName);
            var status = options.Value.Provider == AiProvider.Anthropic
                ? await ListAnthropicAsync(client, cancellationToken)
                : await ListAsync(client, cancellationToken);
            // A compatible server need not list its models; it answered.
            return (int)status is >= 200 and < 300 or 404 or 405 ? ModelHealthStatus.Ok : Degraded($"HTTP {(int)status}");
        }
        catch (Exception fault)
        {
            return Degraded(fault is OperationCanceledException ? "no answer in time" : fault.GetType().Name);
        }
    }

    private ModelHealthStatus Degraded(string reason)
    {
        logger.LogWarning("The language model is degraded: {Reason}", reason);
        return ModelHealthStatus.Degraded;
    }

    // How the key is sent belongs to the version of the API, and the vendor's library decides both: asked through it, health meets what talk will meet.
    private async Task<HttpStatusCode> ListAnthropicAsync(HttpClient client, CancellationToken cancellationToken)
    {
        try
        {
            await ChatClients.Anthropic(options.Value, client).WithOptions(settings => settings with { MaxRetries = 0 }).Models.List(new ModelListParams { Limit = 1 }, cancellationToken);
            return HttpStatusCode.OK;
        }
        catch (AnthropicApiException refusal)
        {
            return refusal.StatusCode;
        }
    }

    private async Task<HttpStatusCode> ListAsync(HttpClient client, CancellationToken cancellationToken)
    {
        using var request = await RequestAsync(options.Value, cancellationToken);
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return answer.StatusCode;
    }

    private async Task<HttpRequestMessage> RequestAsync(AiOptions ai, CancellationToken cancellationToken)
    {
        var address = ai.Provider == AiProvider.Azure
            ? $"{ai.AzureEndpoint!.TrimEnd('/')}/openai/models?api-version=2024-10-21"
            : $"{ai.OpenAiBaseUrl.TrimEnd('/')}/models";
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (ai.Provider == AiProvider.Azure && ai.AzureApiKey is { } key)
        {
            request.Headers.Add("api-key", key);
            return request;
        }

        var token = ai.Provider == AiProvider.Azure
            ? (await identity.Credential.GetTokenAsync(new TokenRequestContext(["https://cognitiveservices.azure.com/.default"]), cancellationToken)).Token
            : ai.OpenAiApiKey!;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }
}
