using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Bench.Measuring;

namespace Bench.ColdStart;

// One start of a program: from the moment that the process is made to its first 200, and the memory it has then and a little later.
internal sealed record Started(TimeSpan ToAnswer, double MemoryAtAnswer, double MemoryLater)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(2);
    private static readonly byte[] Request = "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"u8.ToArray();

    public static async Task<Started> RunAsync(string program, string folder, Func<int, IReadOnlyDictionary<string, string>> environment)
    {
        var port = FreePort();
        var since = Stopwatch.GetTimestamp();
        await using var child = Child.Start(program, [], folder, environment(port));
        while (!Answers(port))
        {
            if (Stopwatch.GetElapsedTime(since) > Patience)
            {
                throw new InvalidOperationException($"{program} did not answer within {Patience.TotalSeconds:0} s.");
            }

            // Finer than what is measured, and no load beside it.
            Thread.Sleep(1);
        }

        var took = Stopwatch.GetElapsedTime(since);
        var then = Proc.Memory(child.Id);
        await Task.Delay(Later);
        return new Started(took, then, Proc.Memory(child.Id));
    }

    // Without a client of HTTP, whose own start would be in the first figure.
    private static bool Answers(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            socket.Send(Request);
            Span<byte> answer = stackalloc byte[15];
            var read = 0;
            while (read < answer.Length && socket.Receive(answer[read..]) is > 0 and var more)
            {
                read += more;
            }

            return answer[..read].StartsWith("HTTP/1.1 200 "u8);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
