using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace OrchestratorFunctions.Ai;

/// <summary>Asks for an answer in the form of a record.</summary>
internal sealed class StructuredOutput(LanguageModel model)
{
    /// <summary>How records look to the model: snake_case, enums as words, everything required that is not nullable.</summary>
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = true,
        AllowTrailingCommas = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseUpper) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
    };

    /// <summary>The model's answer as <typeparamref name="T"/>. An answer that cannot be used is sent back once, with what is wrong with it.</summary>
    /// <param name="instructions">What we want, without the form of the answer, which is added.</param>
    /// <param name="material">The talk, or whatever the answer is about.</param>
    /// <param name="fault">What is wrong with an answer of the right form; null when nothing is.</param>
    /// <param name="mostTokens">The longest answer.</param>
    /// <exception cref="ModelUnavailableException">See <see cref="LanguageModel.AskAsync{T}"/>.</exception>
    /// <exception cref="ModelAnswerException">The second answer is of no use either.</exception>
    public Task<T> AskAsync<T>(string instructions, IReadOnlyList<ChatMessage> material, Func<T, string?> fault, int mostTokens, CancellationToken cancellationToken)
        where T : class
    {
        var schema = AIJsonUtilities.CreateJsonSchema(typeof(T), serializerOptions: Options);
        List<ChatMessage> messages =
        [
            new(ChatRole.System, $"{instructions}\n\nAnswer with one JSON object and nothing else. Its JSON schema is:\n{schema.GetRawText()}"),
            .. material,
            new(ChatRole.User, "Now answer with the JSON object."),
        ];
        var options = new ChatOptions { MaxOutputTokens = mostTokens, ResponseFormat = ChatResponseFormat.ForJsonSchema(schema, typeof(T).Name) };
        return model.AskAsync((client, token) => AskTwiceAsync(client, messages, options, fault, token), cancellationToken);
    }

    private static async Task<T> AskTwiceAsync<T>(IChatClient client, List<ChatMessage> messages, ChatOptions options, Func<T, string?> fault, CancellationToken cancellationToken)
        where T : class
    {
        string problem;
        try
        {
            var first = await client.GetResponseAsync(messages, options, cancellationToken);
            (var answer, problem) = Read(first, fault);
            if (answer is not null)
            {
                return answer;
            }

            messages.Add(new ChatMessage(ChatRole.Assistant, string.IsNullOrWhiteSpace(first.Text) ? "(nothing)" : TalkBudget.Shorten(first.Text, TalkBudget.MostCharacters)));
            messages.Add(new ChatMessage(ChatRole.User, $"That cannot be used: {problem} Answer again with the JSON object alone."));
        }
        catch (System.ClientModel.ClientResultException refusal) when (refusal.Status == 400)
        {
            // Servers that speak only a part of OpenAI's API refuse the response format; the schema is in the instructions, too.
            options = new ChatOptions { MaxOutputTokens = options.MaxOutputTokens };
        }

        (var second, problem) = Read(await client.GetResponseAsync(messages, options, cancellationToken), fault);
        return second ?? throw new ModelAnswerException($"The model's answer cannot be used: {problem}");
    }

    private static (T? Answer, string Problem) Read<T>(ChatResponse response, Func<T, string?> fault)
        where T : class
    {
        if (response.FinishReason == ChatFinishReason.Length)
        {
            return (null, "it is too long and was cut off; be shorter.");
        }

        try
        {
            var answer = JsonSerializer.Deserialize<T>(JsonIn(response.Text), Options);
            return answer is null ? (null, "it is null.") : fault(answer) is { } wrong ? (null, wrong) : (answer, "");
        }
        catch (JsonException wrong)
        {
            return (null, response.Text.Length == 0 ? "it is empty." : TalkBudget.Shorten(wrong.Message, 300));
        }
    }

    // Models wrap JSON in a fence or in a sentence; what is between the outer braces is the object.
    private static string JsonIn(string text)
    {
        var (first, last) = (text.IndexOf('{', StringComparison.Ordinal), text.LastIndexOf('}'));
        return first >= 0 && last > first ? text[first..(last + 1)] : text;
    }
}
