using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace DurableTask.AzureFunctions;

// Where the extension's gRPC service is, as the last invocation said. It changes when the host restarts, so every invocation may bring a new one. Of the binding
// only the address and the size limit are kept: it also carries the system key of the host.
internal sealed class HubAddress(TimeProvider time, ILogger<HubAddress> log)
{
    private readonly TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Known? known;

    public Known? Current => known;

    public void Learn(string? binding)
    {
        if (binding is null || Read(binding) is not { } told || told == known)
        {
            return;
        }

        known = told;
        log.LogInformation("The task hub is at {Address}", told.Address);
        first.TrySetResult();
    }

    // The address; waits a while for the first invocation that brings one.
    public async Task<Known> GetAsync(TimeSpan patience, CancellationToken cancellation)
    {
        if (known is null)
        {
            try
            {
                await first.Task.WaitAsync(patience, time, cancellation);
            }
            catch (TimeoutException)
            {
                throw new HubUnavailableException("no invocation has told this process yet where the task hub is");
            }
        }

        return known!;
    }

    private Known? Read(string binding)
    {
        try
        {
            using var document = JsonDocument.Parse(binding);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("rpcBaseUrl", out var url) && url.ValueKind == JsonValueKind.String
                && Uri.TryCreate(url.GetString(), UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            {
                var largest = root.TryGetProperty("maxGrpcMessageSizeInBytes", out var size) && size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out var bytes) && bytes > 0 ? bytes : Known.UsualLimit;
                return new Known(address, largest);
            }
        }
        catch (JsonException)
        {
            // Said below; the text itself may hold a key.
        }

        log.LogWarning("A durableClient binding without a usable rpcBaseUrl was ignored");
        return null;
    }

    // An address and how many bytes a message to it may have.
    internal sealed record Known(Uri Address, int LargestMessage)
    {
        public const int UsualLimit = 4 * 1024 * 1024;
    }
}
