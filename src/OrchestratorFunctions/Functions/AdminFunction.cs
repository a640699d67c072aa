using System.Net;
using System.Text;
using DurableTask.AzureFunctions;
using OrchestratorFunctions.Api;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Limits;

namespace OrchestratorFunctions.Functions;

/// <summary>
/// The operator's calls under the Functions host, where only a function that is bound to the task hub reaches it. The host wraps its requests; unwrapped, they go the way
/// that requests go in every other mode, so that who may call, the limits and the answers are the same.
/// </summary>
internal sealed class AdminFunction
{
    private readonly RequestDelegate pipeline;

    public AdminFunction(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.UseProblems();
        app.UseLimits();
        app.UseRouting();
        app.UseEndpoints(endpoints => endpoints.MapOperatorCalls());
        pipeline = app.Build();
    }

    public static HttpFunction Http { get; } = new("AdminInstances", OperatorCalls.Route, ["POST"]);

    public async Task<WrappedAnswer> AnswerAsync(IServiceProvider scope, WrappedRequest request, CancellationToken cancellationToken)
    {
        using var answer = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = scope, RequestAborted = cancellationToken };
        // The peer is the host, as it is of a request that it forwards.
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        context.Request.Method = request.Method;
        context.Request.Path = "/" + OperatorCalls.Route.Replace("{verb}", request.Parameters.GetValueOrDefault("verb"), StringComparison.Ordinal);
        foreach (var (name, value) in request.Headers)
        {
            context.Request.Headers[name] = value;
        }

        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(request.Body));
        context.Response.Body = answer;
        await pipeline(context);
        await context.Response.CompleteAsync();
        return new WrappedAnswer(
            context.Response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()), context.Response.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
    }
}
