using System.Collections.Concurrent;
using DurableTask.PostgreSql.Client;
using DurableTask.PostgreSql.Instances;
using DurableTask.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableTask.PostgreSql.Tests.Instances;

public class ArrivalsTests
{
    [Fact]
    public async Task Rows_that_this_process_holds_of_an_instance_that_is_gone_are_no_part_of_the_first_step_of_a_new_one()
    {
        var now = DateTimeOffset.UtcNow;
        ConcurrentQueue<Mail> later = [];
        LiveInstances all = new(10, TaskScheduler.Default) { Work = (_, mail) => { foreach (var one in mail) { later.Enqueue(one); } return Task.CompletedTask; } };
        await using var services = new ServiceCollection().BuildServiceProvider();
        Arrivals arrivals = new(new DurableTaskRegistry(), services, NullLoggerFactory.Instance, null!, new StepOutlets(all, null!, null!, null!), new PostgresTaskHubOptions(), TimeProvider.System);
        var state = new InstanceState("i", "x", "Any", "", 0, null, now, now);
        StartMail start = new(state, InstanceStart.Event("Any", null, "i", "x", null, now, null)), second = new(state, start.Event);
        StoredMail row = new(4711, null, IsCarried: false, [], Attempts: 1, LastError: null);
        DirectMail told = new(new HistoryEvent { EventRaised = new EventRaisedEvent { Name = "go" } });

        Assert.Equal([start, told], await arrivals.OpenAsync(new LiveInstance("i"), [row, start, second, told]));
        await all.IdleAsync();
        Assert.Equal([row, second], later);
    }
}
