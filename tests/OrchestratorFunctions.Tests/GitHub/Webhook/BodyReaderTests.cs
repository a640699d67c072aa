using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using OrchestratorFunctions.GitHub.Webhook;

namespace OrchestratorFunctions.Tests.GitHub.Webhook;

/// <summary>What whoever finds the address can make us read, before we know who it is.</summary>
public sealed class BodyReaderTests
{
    private readonly FakeTimeProvider time = new();
    private readonly BodyReader reader;

    public BodyReaderTests() => reader = new BodyReader(time);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300_000)]
    [InlineData(BodyReader.Largest)]
    public async Task A_body_is_read_to_its_end_whether_its_length_is_announced_or_not(int length)
    {
        var bytes = new byte[length];
        Random.Shared.NextBytes(bytes);
        foreach (var announced in new long?[] { length, null })
        {
            using var body = await reader.ReadAsync(Request(new MemoryStream(bytes), announced), default);
            Assert.Null(body.Refused);
            Assert.True(body.Bytes.Span.SequenceEqual(bytes));
        }
    }

    [Fact]
    public async Task One_that_is_too_long_is_refused_whatever_was_announced()
    {
        using var body = await reader.ReadAsync(Request(new MemoryStream(new byte[BodyReader.Largest + 1]), null), default);
        Assert.Equal(StatusCodes.Status413PayloadTooLarge, body.Refused);
    }

    [Fact]
    public async Task What_is_announced_and_does_not_come_costs_no_memory_and_is_given_up_after_a_while()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = reader.ReadAsync(Request(new Silence(), BodyReader.Largest), default);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(reading.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        using var body = await reading.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(StatusCodes.Status408RequestTimeout, body.Refused);
    }

    [Fact]
    public async Task Large_bodies_share_a_room_and_small_ones_always_find_some()
    {
        var held = new List<BodyRead>();
        for (var number = 0; number < BodyReader.Room / BodyReader.Largest - 1; number++)
        {
            held.Add(await reader.ReadAsync(Request(new MemoryStream(new byte[BodyReader.Largest]), null), default));
        }

        Assert.All(held, body => Assert.Null(body.Refused));
        // What waits for more holds its room as well, and what was refused holds none.
        using var hungUp = new CancellationTokenSource();
        var waiting = reader.ReadAsync(Request(new Silence(BodyReader.Largest - 1), null), hungUp.Token);
        Assert.Equal(StatusCodes.Status503ServiceUnavailable, await StatusAsync(BodyReader.Largest));
        Assert.Equal(StatusCodes.Status503ServiceUnavailable, await StatusAsync(BodyReader.Largest));
        Assert.Null(await StatusAsync(200_000));

        await hungUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Null(await StatusAsync(BodyReader.Largest));
        held.ForEach(body => body.Dispose());
        held.ForEach(body => body.Dispose());
        Assert.Null(await StatusAsync(BodyReader.Largest));
    }

    private async Task<int?> StatusAsync(int length)
    {
        using var body = await reader.ReadAsync(Request(new MemoryStream(new byte[length]), length), default);
        return body.Refused;
    }

    private static HttpRequest Request(Stream body, long? length)
    {
        var request = new DefaultHttpContext().Request;
        (request.Body, request.ContentLength) = (body, length);
        return request;
    }

    // A sender who sends so much, and then nothing more.
    private sealed class Silence(int length = 0) : MemoryStream(new byte[length])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (await base.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                return read;
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return 0;
        }
    }
}
