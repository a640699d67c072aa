using Microsoft.Extensions.Logging.Abstractions;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Outbox;

public sealed class OutboxPumpTests
{
    [Fact]
    public async Task A_nudge_sends_and_the_sweep_finds_what_lost_its_nudge()
    {
        await using var rooms = await Rooms.CreateAsync();
        var (channel, nudge) = (new RecordingChannel(), new OutboxNudge());
        var store = rooms.Get<OutboxStore>();
        using var pump = new OutboxPump(nudge, new OutboxSender(rooms.DataSource, store, [channel], rooms.Get<AppMetrics>(), NullLogger<OutboxSender>.Instance), NullLogger<OutboxPump>.Instance);
        await pump.StartAsync(default);
        var sent = 0;
        foreach (var round in Enumerable.Range(0, 5))
        {
            for (var address = 0; address < 20; address++)
            {
                await rooms.SayAsync(new OutboxMessage($"chat:{address}", $"{round}:{address}", $"{round}"));
                if (round % 2 == 0)
                {
                    nudge.For($"chat:{address}");
                    nudge.For($"chat:{address}");
                }
            }

            if (round % 2 == 1)
            {
                await new OutboxSweep(rooms.DataSource, store, nudge).SweepAsync(default);
            }

            sent += 20;
            await WaitAsync(() => channel.Said.Count == sent);
        }

        await pump.StopAsync(default);
        Assert.Empty(channel.Interrupted);
        Assert.Equal(100, channel.Said.Distinct().Count());
    }

    [Fact]
    public async Task A_fault_at_one_address_leaves_the_others_alone()
    {
        await using var rooms = await Rooms.CreateAsync();
        var (channel, nudge) = (new RecordingChannel { Judge = item => item.Address == "chat:1" ? throw new InvalidOperationException("defect") : null }, new OutboxNudge());
        using var pump = new OutboxPump(nudge, new OutboxSender(rooms.DataSource, rooms.Get<OutboxStore>(), [channel], rooms.Get<AppMetrics>(), NullLogger<OutboxSender>.Instance), NullLogger<OutboxPump>.Instance);
        await pump.StartAsync(default);
        for (var address = 1; address <= 12; address++)
        {
            await rooms.SayAsync(new OutboxMessage($"chat:{address}", $"{address}", "hello"));
            nudge.For("chat:1");
            nudge.For($"chat:{address}");
        }

        await WaitAsync(() => channel.Said.Count == 11);
        await pump.StopAsync(default);
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "waited 30 s");
            await Task.Delay(5);
        }
    }
}
