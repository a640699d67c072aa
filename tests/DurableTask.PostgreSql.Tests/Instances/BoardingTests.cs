using DurableTask.PostgreSql.Instances;

namespace DurableTask.PostgreSql.Tests.Instances;

public class BoardingTests
{
    private readonly Boarding boarding = new();

    [Fact]
    public void One_trip_takes_a_waiting_step_along_and_it_can_be_changed_no_more()
    {
        Assert.True(boarding.TryLeave());
        Assert.False(boarding.TryLeave());
        Assert.False(boarding.TryOpen());
    }

    [Fact]
    public void A_step_that_is_being_changed_stays_and_leaves_when_it_is_closed()
    {
        Assert.True(boarding.TryOpen());
        Assert.False(boarding.TryOpen());
        boarding.Close();
        Assert.True(boarding.TryOpen());
        boarding.Close();
        Assert.True(boarding.TryLeave());
    }

    [Fact]
    public void A_step_that_a_trip_has_gone_without_takes_in_nothing_more_and_so_is_not_left_behind_again()
    {
        Assert.True(boarding.TryOpen());
        Assert.False(boarding.TryLeave());
        Assert.False(boarding.TryLeave());
        boarding.Close();
        Assert.False(boarding.TryOpen());
        Assert.True(boarding.TryLeave());
    }
}
