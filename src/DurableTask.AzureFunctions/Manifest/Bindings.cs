using System.Text.Json.Nodes;

namespace DurableTask.AzureFunctions;

// The bindings that more than one kind of function has.
internal static class Bindings
{
    public const string HubName = "client";

    // Tells the handler where the extension's gRPC service is. Nothing else does: the port is new at every start of the host and in no variable.
    public static JsonObject Hub => FunctionManifest.Binding("durableClient", "in", HubName);

    public static JsonObject[] Http(HttpFunction function)
    {
        var trigger = FunctionManifest.Binding("httpTrigger", "in", "req");
        // Ours is the authentication: a signature, a secret token or an API token, in every mode of hosting.
        trigger["authLevel"] = "anonymous";
        trigger["methods"] = new JsonArray([.. function.Methods.Select(method => (JsonNode)method.ToLowerInvariant())]);
        trigger["route"] = function.Route;
        return [trigger, FunctionManifest.Binding("http", "out", "res")];
    }
}
