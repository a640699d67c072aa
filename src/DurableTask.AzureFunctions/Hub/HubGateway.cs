using DurableTask.Wire;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace DurableTask.AzureFunctions;

/// <summary>What the hub answered to a call by name.</summary>
/// <param name="Status">An HTTP status.</param>
/// <param name="Text">Below 400 the answer as JSON, else what is wrong, in words.</param>
public sealed record GatewayAnswer(int Status, string Text);

/// <summary>
/// The operator's part of the extension's gRPC service, by the names of its methods, with requests and answers as JSON. It passes on what it is given: who may call is for
/// the caller to decide.
/// </summary>
public sealed class HubGateway
{
    // Looking, holding, ending and taking back. Starting and raising events are the app's business.
    private static readonly HashSet<string> Offered = new(StringComparer.Ordinal)
    {
        "GetInstance", "QueryInstances", "StreamInstanceHistory", "SuspendInstance", "ResumeInstance", "TerminateInstance", "RewindInstance", "RestartInstance", "PurgeInstances",
    };

    private static readonly Marshaller<byte[]> Raw = Marshallers.Create(bytes => bytes, bytes => bytes);
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default);
    private readonly HubConnection hub;

    internal HubGateway(HubConnection hub) => this.hub = hub;

    /// <summary>Calls one method.</summary>
    /// <param name="method">Its name.</param>
    /// <param name="json">The request; empty = one without fields.</param>
    /// <param name="cancellation">Ends the wait for the hub.</param>
    public async Task<GatewayAnswer> CallAsync(string method, string json, CancellationToken cancellation = default)
    {
        if (!Offered.Contains(method) || DurableTaskReflection.Descriptor.Services.Single().FindMethodByName(method) is not { } found)
        {
            return new GatewayAnswer(StatusCodes.Status404NotFound, $"There is no such call. There are: {string.Join(", ", Offered.Order(StringComparer.Ordinal))}.");
        }

        IMessage request;
        try
        {
            request = found.InputType.Parser.ParseJson(string.IsNullOrWhiteSpace(json) ? "{}" : json);
        }
        catch (Exception bad) when (bad is InvalidJsonException or InvalidProtocolBufferException)
        {
            return new GatewayAnswer(StatusCodes.Status422UnprocessableEntity, $"The body is not a request of {method}: {bad.Message}");
        }

        try
        {
            var rpc = new Method<byte[], byte[]>(found.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary, found.Service.FullName, method, Raw, Raw);
            var answers = await hub.CallAsync(request, (invoker, options) => ReadAsync(invoker, rpc, request.ToByteArray(), options), cancellation);
            var texts = answers.Select(answer => Formatter.Format(found.OutputType.Parser.ParseFrom(answer)));
            return new GatewayAnswer(StatusCodes.Status200OK, found.IsServerStreaming ? $"[{string.Join(',', texts)}]" : texts.Single());
        }
        catch (RpcException refusal)
        {
            return new GatewayAnswer(
                refusal.StatusCode switch
                {
                    StatusCode.NotFound => StatusCodes.Status404NotFound,
                    StatusCode.FailedPrecondition or StatusCode.AlreadyExists => StatusCodes.Status409Conflict,
                    StatusCode.InvalidArgument => StatusCodes.Status422UnprocessableEntity,
                    StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
                    _ => StatusCodes.Status502BadGateway,
                },
                $"The hub answers {refusal.StatusCode}.");
        }
        catch (PermanentFailureException tooLarge)
        {
            return new GatewayAnswer(StatusCodes.Status413PayloadTooLarge, tooLarge.Message);
        }
        catch (HubUnavailableException gone)
        {
            return new GatewayAnswer(StatusCodes.Status503ServiceUnavailable, gone.Message);
        }
    }

    private static async Task<IReadOnlyList<byte[]>> ReadAsync(CallInvoker invoker, Method<byte[], byte[]> rpc, byte[] request, CallOptions options)
    {
        if (rpc.Type == MethodType.Unary)
        {
            return [await invoker.AsyncUnaryCall(rpc, null, options, request).ResponseAsync];
        }

        List<byte[]> answers = [];
        using var stream = invoker.AsyncServerStreamingCall(rpc, null, options, request);
        await foreach (var answer in stream.ResponseStream.ReadAllAsync(options.CancellationToken))
        {
            answers.Add(answer);
        }

        return answers;
    }
}
