using System.Net.Sockets;
using System.Text;

namespace Bench.Webhooks;

// One connection of a hook, which delivers one comment after another. Over a bare socket: the client shares the machine with what is measured, so it should take little of it.
internal sealed class Sender(CommentDelivery delivery) : IDisposable
{
    private readonly TcpClient connection = new() { NoDelay = true };
    private readonly byte[] answer = new byte[4096];

    public ValueTask ConnectAsync(Uri address) => connection.ConnectAsync(address.Host, address.Port, CancellationToken.None);

    // Returns when it was accepted; anything else ends the run.
    public async Task DeliverAsync(long number)
    {
        var stream = connection.GetStream();
        await stream.WriteAsync(delivery.Numbered(number));
        var filled = 0;
        while (!answer.AsSpan(0, filled).EndsWith("\r\n\r\n"u8))
        {
            var read = await stream.ReadAsync(answer.AsMemory(filled));
            filled += read;
            if (read == 0 || filled == answer.Length)
            {
                break;
            }
        }

        if (!answer.AsSpan(0, filled).StartsWith("HTTP/1.1 202 "u8))
        {
            throw new InvalidOperationException($"A delivery was answered with: {Encoding.ASCII.GetString(answer, 0, filled)}");
        }
    }

    public void Dispose() => connection.Dispose();
}
