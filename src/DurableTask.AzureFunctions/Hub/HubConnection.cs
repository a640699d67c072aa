using DurableTask.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace DurableTask.AzureFunctions;

using Hub = TaskHubSidecarService.TaskHubSidecarServiceClient;

// Calls to the extension's gRPC service at the address known now, made again while it does not answer: when the host restarts, the next invocation brings the new one.
internal sealed class HubConnection(HubAddress hub, FunctionsOptions options, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)];
    private readonly Lock gate = new();
    private (HubAddress.Known Known, GrpcChannel Channel)? open;

    public bool IsKnown => hub.Current is not null;

    public Task<T> CallAsync<T>(IMessage? request, Func<Hub, CallOptions, Task<T>> call, CancellationToken cancellation, TimeSpan? deadline = null) =>
        CallAsync(request, (CallInvoker invoker, CallOptions options) => call(new Hub(invoker), options), cancellation, deadline);

    // What is called may run twice when its answer is lost; starting is idempotent by id and events are delivered at least once, as everywhere in Durable Functions.
    public async Task<T> CallAsync<T>(IMessage? request, Func<CallInvoker, CallOptions, Task<T>> call, CancellationToken cancellation, TimeSpan? deadline = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            var known = await hub.GetAsync(options.HubPatience, cancellation);
            Check(request, known);
            try
            {
                var end = time.GetUtcNow() + (deadline ?? Deadline);
                return await call(Channel(known).CreateCallInvoker(), new CallOptions(deadline: end.UtcDateTime, cancellationToken: cancellation));
            }
            catch (RpcException fault) when (fault.StatusCode == StatusCode.Cancelled && cancellation.IsCancellationRequested)
            {
                throw new OperationCanceledException(fault.Message, fault, cancellation);
            }
            catch (RpcException fault) when (IsGone(fault))
            {
                if (attempt == Pauses.Length)
                {
                    throw new HubUnavailableException($"nothing answers at {known.Address}", fault);
                }

                await Task.Delay(Pauses[attempt], time, cancellation);
            }
            catch (RpcException fault) when (fault.StatusCode == StatusCode.DeadlineExceeded && deadline is null)
            {
                throw new HubUnavailableException($"{known.Address} did not answer within {Deadline.TotalSeconds:0} s", fault);
            }
        }
    }

    // Whether the service answers, without trying again: for a probe.
    public async Task<bool> AnswersAsync(TimeSpan patience, CancellationToken cancellation)
    {
        try
        {
            var known = hub.Current ?? throw new HubUnavailableException("it is not known where it is");
            await new Hub(Channel(known)).HelloAsync(new Google.Protobuf.WellKnownTypes.Empty(), new CallOptions(deadline: (time.GetUtcNow() + patience).UtcDateTime, cancellationToken: cancellation));
            return true;
        }
        catch (Exception fault) when (fault is RpcException or HubUnavailableException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (gate)
        {
            open?.Channel.Dispose();
            open = null;
        }

        return ValueTask.CompletedTask;
    }

    // A server that goes away in the middle of a call closes the connection, which the client calls an internal error.
    private static bool IsGone(RpcException fault) =>
        fault.StatusCode == StatusCode.Unavailable || fault is { StatusCode: StatusCode.Internal, Status.DebugException: HttpRequestException or IOException };

    private static void Check(IMessage? request, HubAddress.Known known)
    {
        if (request?.CalculateSize() is { } size && size > known.LargestMessage)
        {
            throw new PermanentFailureException($"A message of {size} bytes is larger than the {known.LargestMessage} that the task hub takes. Pass an id instead of a document.");
        }
    }

    private GrpcChannel Channel(HubAddress.Known known)
    {
        lock (gate)
        {
            if (open is { } one && one.Known == known)
            {
                return one.Channel;
            }

            // Calls that are still on the old channel belong to a host that is gone; they fail and are made again on the new one.
            open?.Channel.Dispose();
            // The extension answers with as much as there is; only what it takes is limited.
            var channel = GrpcChannel.ForAddress(known.Address, new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
            open = (known, channel);
            return channel;
        }
    }
}
