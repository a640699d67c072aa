using DurableTask.PostgreSql.Instances;
using DurableTask.Replay;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableTask.PostgreSql.Tests.Instances;

public class WarmSessionsTests
{
    [Fact]
    public void The_least_recently_used_session_is_thrown_away_first()
    {
        var warm = new WarmSessions(2);
        foreach (var id in new[] { "a", "b", "c" })
        {
            warm.Keep(id, "x", 1, Session());
        }

        Assert.Null(warm.Take("a", "x", 1));
        Assert.NotNull(warm.Take("b", "x", 1));
        Assert.NotNull(warm.Take("c", "x", 1));
    }

    [Fact]
    public void A_session_is_taken_out_while_it_is_in_use()
    {
        var warm = new WarmSessions(2);
        warm.Keep("a", "x", 1, Session());
        Assert.NotNull(warm.Take("a", "x", 1));
        Assert.Null(warm.Take("a", "x", 1));
    }

    [Theory]
    [InlineData("x", 2)]
    [InlineData("y", 1)]
    public void A_session_that_does_not_stand_where_the_store_does_is_not_used(string execution, int steps)
    {
        var warm = new WarmSessions(2);
        warm.Keep("a", "x", 1, Session());
        Assert.Null(warm.Take("a", execution, steps));
        Assert.Equal(0, warm.Count);
    }

    private static OrchestrationSession Session() => new(new DurableTaskRegistry(), new ServiceCollection().BuildServiceProvider(), NullLoggerFactory.Instance);
}
