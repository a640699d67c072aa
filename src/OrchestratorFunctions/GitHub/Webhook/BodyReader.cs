using Microsoft.AspNetCore.Http.Features;

namespace OrchestratorFunctions.GitHub.Webhook;

/// <summary>
/// Reads the raw bytes of requests whose signature cannot be judged before all of them are there. So whoever finds the address can make us
/// read: within a time, and with a room for all large bodies together. Small ones always find room, and nearly all deliveries are small.
/// </summary>
internal sealed class BodyReader(TimeProvider time)
{
    /// <summary>The largest body that GitHub sends: 25 MiB (docs.github.com, webhook payload cap).</summary>
    public const int Largest = 25 * 1024 * 1024;

    /// <summary>How many bytes of large bodies may be in memory at the same time.</summary>
    public const long Room = 4L * (Largest + 1);

    private const int FirstBuffer = 16 * 1024;
    private const int Small = 256 * 1024;

    // GitHub itself hangs up after ten seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private long held;

    /// <summary>Reads a body. The caller disposes what it gets when the bytes are not needed any more.</summary>
    public async Task<BodyRead> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = new BodyRead(size => Interlocked.Add(ref held, size));
        try
        {
            body.Refused = await FillAsync(body, request, cancellationToken);
            return body;
        }
        finally
        {
            if (body.Refused is not null || body.Bytes.IsEmpty)
            {
                body.Dispose();
            }
        }
    }

    // The status that refuses it, or null.
    private async Task<int?> FillAsync(BodyRead body, HttpRequest request, CancellationToken cancellationToken)
    {
        // The server's own limit counts the framing of chunks too; ours is about what is in them.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } server)
        {
            server.MaxRequestBodySize = null;
        }

        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        // What a sender announces is not yet sent: memory follows what has come.
        var buffer = new byte[Math.Min(request.ContentLength ?? FirstBuffer, Small) + 1];
        var filled = 0;
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(buffer.AsMemory(filled), either.Token)) > 0)
            {
                filled += read;
                if (filled > Largest)
                {
                    return StatusCodes.Status413PayloadTooLarge;
                }

                if (filled == buffer.Length)
                {
                    var size = (int)Math.Min(buffer.Length * 2L, Largest + 1L);
                    if (size > Small && body.Hold(size) > Room)
                    {
                        return StatusCodes.Status503ServiceUnavailable;
                    }

                    Array.Resize(ref buffer, size);
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return StatusCodes.Status408RequestTimeout;
        }

        body.Bytes = buffer.AsMemory(0, filled);
        return null;
    }
}

/// <summary>What came of reading a body: its bytes, or the status that refuses it. Disposed, it gives its room to others.</summary>
/// <param name="add">Adds to what all bodies hold, and says how much that is then.</param>
internal sealed class BodyRead(Func<long, long> add) : IDisposable
{
    private long held;

    public ReadOnlyMemory<byte> Bytes { get; set; }

    public int? Refused { get; set; }

    public long Hold(long size)
    {
        var more = size - held;
        held = size;
        return add(more);
    }

    public void Dispose()
    {
        add(-held);
        held = 0;
    }
}
