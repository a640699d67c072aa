using System.Text.Json.Nodes;

namespace TestKit.Models;

/// <summary>A tool call of the model.</summary>
public sealed record ModelCall(string Id, string Name, JsonObject Arguments);

/// <summary>One message, the same for both vendors. Role: system, user, assistant or tool.</summary>
public sealed record ModelMessage(string Role, string Text, IReadOnlyList<ModelCall> Calls, string? AnswersCall = null);

/// <summary>A tool that the app offers.</summary>
public sealed record ModelTool(string Name, string Description, JsonObject Schema);

/// <summary>What the app asked the model.</summary>
/// <param name="ForcedTool">The tool that must be called.</param>
/// <param name="ResponseSchema">The JSON schema that the answer must fit.</param>
public sealed record ModelRequest(string Model, IReadOnlyList<ModelMessage> Messages, IReadOnlyList<ModelTool> Tools, string? ForcedTool, JsonObject? ResponseSchema, bool Stream)
{
    /// <summary>What the person wrote, oldest first.</summary>
    public IReadOnlyList<string> Said => [.. Messages.Where(message => message.Role == "user").Select(message => message.Text)];

    public ModelTool? Tool(string name) => Tools.FirstOrDefault(tool => tool.Name == name);
}

/// <summary>What the model answers.</summary>
/// <param name="Text">Its words; may be empty.</param>
/// <param name="Calls">Its tool calls.</param>
/// <param name="Finish">OpenAI's finish_reason when it is not implied; "length" for a cut answer.</param>
/// <param name="Raw">Sent as the body instead of all that: broken JSON, no choices, anything.</param>
public sealed record ModelReply(string Text, IReadOnlyList<ModelCall> Calls, string? Finish = null, string? Raw = null)
{
    public static ModelReply Say(string text) => new(text, []);

    public static ModelReply Call(string tool, JsonObject? arguments = null, string text = "") => new(text, [new ModelCall($"call_{Guid.NewGuid():N}", tool, arguments ?? [])]);

    /// <summary>HTTP 200 with this body.</summary>
    public static ModelReply Body(string raw) => new("", [], Raw: raw);
}
