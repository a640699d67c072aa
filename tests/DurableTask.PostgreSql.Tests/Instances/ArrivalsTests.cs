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
        await using var services = new ServiceCollection().BuildServiceProvider();
        Arrivals arrivals = new(new DurableTaskRegistry(), services, NullLoggerFactory.Instance, null!, null!, new PostgresTaskHubOptions(), TimeProvider.System);
        var state = new InstanceState("i", "x", "Any", "", 0, null, now, now);
        StartMail start = new(state, InstanceStart.Event("Any", null, "i", "x", null, now, null)), second = new(state, start.Event);
        StoredMail row = new(4711, null, IsCarried: false, [], Attempts: 1, LastError: null);
        DirectMail told = new(new HistoryEvent { EventRaised = new EventRaisedEvent { Name = "go" } });

        var (first, later) = await arrivals.OpenAsync(new LiveInstance("i"), [row, start, second, told]);
        Assert.Equal([start, told], first);
        Assert.Equal([row, second], later);
    }
}
