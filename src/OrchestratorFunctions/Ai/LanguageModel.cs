using System.ClientModel;
using System.Text.Json;
using System.Text.RegularExpressions;
using Anthropic.Exceptions;
using Azure.Identity;
using Microsoft.Extensions.AI;

namespace OrchestratorFunctions.Ai;

/// <summary>The configured model behind one deadline and two kinds of failure.</summary>
/// <param name="client">The vendor's client; null when the app works offline.</param>
internal sealed partial class LanguageModel(IChatClient? client, TimeProvider time)
{
    /// <summary>The longest that one question may take, with its tool calls and its repair.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(100);

    private const int LongestReason = 200;

    /// <summary>Whether there is a model to ask.</summary>
    public bool IsConfigured => client is not null;

    /// <summary>Asks; whatever a vendor's library throws comes out as one of the two named failures.</summary>
    /// <exception cref="ModelUnavailableException">No answer within <see cref="Deadline"/>, or none at all.</exception>
    /// <exception cref="ModelAnswerException">The vendor refuses the question, or its answer cannot be read.</exception>
    public async Task<T> AskAsync<T>(Func<IChatClient, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        var vendor = client ?? throw new InvalidOperationException("No model is configured.");
        using var deadline = new CancellationTokenSource(Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await ask(vendor, either.Token);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested && Named(fault) is not null)
        {
            throw Named(fault)!;
        }
    }

    /// <summary>What a vendor's failure means for us; null for what is none, or is named already.</summary>
    /// <remarks>The vendor's words are kept short, and left out where they may repeat our key. The failure itself is not kept as inner exception for the same reason.</remarks>
    private static Exception? Named(Exception fault) => fault switch
    {
        ModelUnavailableException or ModelAnswerException => null,
        OperationCanceledException or TimeoutException => new ModelUnavailableException("The model did not answer in time."),
        ClientResultException openAi => OfStatus(openAi.Status, openAi.Message),
        AnthropicServiceException anthropic => OfStatus(anthropic is AnthropicApiException api ? (int)api.StatusCode : 0, anthropic.Message),
        // The vendors' libraries read lazily: a body of the wrong shape shows as whatever the reading of JSON throws.
        JsonException or FormatException or KeyNotFoundException or ArgumentException or InvalidOperationException or AnthropicInvalidDataException => new ModelAnswerException($"The model's answer could not be read ({fault.GetType().Name})."),
        HttpRequestException or IOException or AnthropicException or AuthenticationFailedException => new ModelUnavailableException($"The model cannot be reached ({fault.GetType().Name})."),
        AggregateException { InnerException: { } inner } => Named(inner),
        _ => null,
    };

    // Whatever is long enough to be a key is left out: a vendor may repeat ours.
    private static string Masked(string words) => LongToken().Replace(words, "***") is var text && text.Length > LongestReason ? text[..LongestReason] : text;

    [GeneratedRegex(@"[A-Za-z0-9_\-]{16,}", RegexOptions.NonBacktracking)]
    private static partial Regex LongToken();

    private static Exception OfStatus(int status, string words) => status switch
    {
        400 or 413 or 422 => new ModelAnswerException($"The model refused the question (HTTP {status}): {Masked(words)}"),
        401 or 403 => new ModelUnavailableException($"The model refuses our key (HTTP {status})."),
        404 => new ModelUnavailableException("The model, or its deployment, is not there (HTTP 404)."),
        0 => new ModelUnavailableException("The model cannot be reached."),
        _ => new ModelUnavailableException($"The model does not answer (HTTP {status})."),
    };
}
