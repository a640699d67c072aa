using System.Threading.Channels;

namespace OrchestratorFunctions.Outbox;

/// <summary>"There may be something to say at this address": after a commit, without waiting. May be lost; the sweep finds it.</summary>
internal sealed class OutboxNudge
{
    private readonly Channel<string> addresses = Channel.CreateUnbounded<string>();

    public ChannelReader<string> Addresses => addresses.Reader;

    public void For(string address) => addresses.Writer.TryWrite(address);
}
