using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using DurableTask;

namespace OrchestratorFunctions.Instances;

/// <summary>What a call says beside its verb. Each verb reads what it needs.</summary>
internal sealed record InstanceCall
{
    public string? Id { get; init; }

    public string? Reason { get; init; }

    public bool Children { get; init; }

    public string? Name { get; init; }

    public JsonElement? Payload { get; init; }

    public OrchestrationRuntimeStatus[]? Status { get; init; }

    public string? Prefix { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    public bool Parked { get; init; }

    public int Size { get; init; } = 50;

    public string? Page { get; init; }

    public string? OlderThan { get; init; }

    public bool DryRun { get; init; }
}

/// <summary>The verbs of <c>instances</c> for programs: the same names, arguments and answers as JSON.</summary>
internal static class InstanceCalls
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new StatusConverter() },
    };

    private static readonly Dictionary<string, Func<DurableTaskClient, InstanceCall, CancellationToken, Task<JsonNode>>> All = new(StringComparer.Ordinal)
    {
        ["list"] = ListAsync,
        ["show"] = ShowAsync,
        ["suspend"] = (client, call, token) => DoneAsync(client.SuspendInstanceAsync(Id(call), Reason(call), token)),
        ["resume"] = (client, call, token) => DoneAsync(client.ResumeInstanceAsync(Id(call), Reason(call), token)),
        ["terminate"] = (client, call, token) => DoneAsync(client.TerminateInstanceAsync(Id(call), new TerminateInstanceOptions(Reason(call), call.Children), token)),
        ["rewind"] = (client, call, token) => DoneAsync(client.RewindInstanceAsync(Id(call), Reason(call), token)),
        ["raise-event"] = (client, call, token) => DoneAsync(client.RaiseEventAsync(Id(call), EventName(call.Name), call.Payload, token)),
        ["purge"] = PurgeAsync,
    };

    public static IEnumerable<string> Verbs => All.Keys.Order(StringComparer.Ordinal);

    /// <summary>Whether a verb changes anything.</summary>
    public static bool Changes(string verb) => verb is not ("list" or "show");

    /// <exception cref="JsonException">The text is no such call.</exception>
    /// <exception cref="FormatException">A status is none, or there is a NUL, which is legal in JSON and not in PostgreSQL's text.</exception>
    public static InstanceCall Read(string text)
    {
        var call = string.IsNullOrWhiteSpace(text) ? new InstanceCall() : JsonSerializer.Deserialize<InstanceCall>(text, Json) ?? throw new JsonException("null is no call.");
        return $"{call.Id}{call.Prefix}{call.Name}{call.Reason}".Contains('\0', StringComparison.Ordinal) ? throw new FormatException("id, prefix, name and reason hold no NUL character.") : call;
    }

    /// <param name="verb">One of <see cref="Verbs"/>.</param>
    /// <exception cref="FormatException">Something that the verb needs is missing or wrong; the message says what.</exception>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="InvalidOperationException">The instance is not in a state for it.</exception>
    public static Task<JsonNode> RunAsync(DurableTaskClient client, string verb, InstanceCall call, CancellationToken cancellationToken) => All[verb](client, call, cancellationToken);

    private static async Task<JsonNode> ListAsync(DurableTaskClient client, InstanceCall call, CancellationToken cancellationToken)
    {
        if (call.Size is < 1 or > 1000)
        {
            throw new FormatException("size is 1 to 1000.");
        }

        var query = new OrchestrationQuery(call.Since, call.Until, call.Status, call.Prefix, call.Size, ContinuationToken: call.Page) { ParkedOnly = call.Parked };
        await foreach (var page in client.GetAllInstancesAsync(query).AsPages().WithCancellation(cancellationToken))
        {
            return new JsonObject { ["instances"] = new JsonArray([.. page.Values.Select(Of)]), ["page"] = page.ContinuationToken };
        }

        return new JsonObject { ["instances"] = new JsonArray(), ["page"] = null };
    }

    private static async Task<JsonNode> ShowAsync(DurableTaskClient client, InstanceCall call, CancellationToken cancellationToken)
    {
        var one = await client.GetInstanceAsync(Id(call), getInputsAndOutputs: true, cancellationToken) ?? throw new OrchestrationNotFoundException(Id(call));
        var shown = Of(one);
        (shown["input"], shown["output"], shown["custom_status"], shown["failure"]) = (one.SerializedInput, one.SerializedOutput, one.SerializedCustomStatus, one.FailureDetails?.ToString());
        shown["history"] = JsonNode.Parse((await client.GetOrchestrationHistoryAsync(one.InstanceId, cancellationToken)).ToJson())!["events"]!.DeepClone();
        return shown;
    }

    private static async Task<JsonNode> PurgeAsync(DurableTaskClient client, InstanceCall call, CancellationToken cancellationToken)
    {
        var request = new PurgeRequest(call.Id, call.OlderThan, call.Status, call.Prefix, call.DryRun);
        var count = request.Fault() is { } fault ? throw new FormatException(fault) : await request.RunAsync(client, TimeProvider.System.GetUtcNow(), cancellationToken);
        return new JsonObject { [call.DryRun ? "would_be_deleted" : "deleted"] = count };
    }

    private static JsonObject Of(OrchestrationMetadata one) => new()
    {
        ["id"] = one.InstanceId, ["name"] = one.Name, ["version"] = one.Version, ["status"] = one.RuntimeStatus.ToString(), ["created_at"] = one.CreatedAt, ["last_updated_at"] = one.LastUpdatedAt,
        ["parent"] = one.ParentInstanceId, ["parked"] = one.ParkedReason,
    };

    private static async Task<JsonNode> DoneAsync(Task work)
    {
        await work;
        return new JsonObject { ["done"] = true };
    }

    private static string Id(InstanceCall call) => string.IsNullOrWhiteSpace(call.Id) ? throw new FormatException("id is missing.") : call.Id;

    private static string Reason(InstanceCall call) => string.IsNullOrWhiteSpace(call.Reason) ? "by the operator" : call.Reason;

    private static string EventName(string? name) => EventFault(name) is { } fault ? throw new FormatException(fault) : name!;

    /// <summary>Why an event cannot be named so; null when it can.</summary>
    public static string? EventFault(string? name) =>
        string.IsNullOrWhiteSpace(name) ? "name is missing: the event's."
        : name.StartsWith("DurableTask.", StringComparison.OrdinalIgnoreCase) ? "Events named DurableTask.… are the engine's own."
        : null;
}
