using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace DurableTask.AzureFunctions;

// What the host is answered. A missing content type fails the invocation and an empty body would keep it open until its timeout, so there is one place that writes.
internal static class InvocationAnswers
{
    public static Task ReturnAsync(HttpResponse response, string value, string? log = null) =>
        WriteAsync(response, StatusCodes.Status200OK, new JsonObject { ["Outputs"] = new JsonObject(), ["Logs"] = Logs(log), ["ReturnValue"] = value });

    public static Task OutputsAsync(HttpResponse response, JsonObject? outputs) =>
        WriteAsync(response, StatusCodes.Status200OK, new JsonObject { ["Outputs"] = outputs ?? [], ["Logs"] = Logs(null), ["ReturnValue"] = null });

    // The host throws the body of a failed call away; it is for whoever calls by hand.
    public static Task FailAsync(HttpResponse response, int status, string reason) => WriteAsync(response, status, new JsonObject { ["status"] = status, ["detail"] = reason });

    private static JsonArray Logs(string? log) => log is null ? [] : [log];

    private static async Task WriteAsync(HttpResponse response, int status, JsonObject answer)
    {
        var body = Encoding.UTF8.GetBytes(answer.ToJsonString());
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, response.HttpContext.RequestAborted);
    }
}
