using DurableTask;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Outbox;

namespace OrchestratorFunctions.Tests.Operations;

public sealed class WakeupsTests
{
    public static TheoryData<Exception> Faults => [new OrchestrationFinishedException("first", OrchestrationRuntimeStatus.Completed), new InvalidOperationException("no such instance"), new OperationCanceledException(), new TimeoutException()];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_nudge_that_fails_is_lost_and_the_others_are_sent(Exception fault)
    {
        var hub = new Mock<DurableTaskClient>();
        hub.Setup(client => client.RaiseEventAsync("first", "changed", null, It.IsAny<CancellationToken>())).ThrowsAsync(fault);
        hub.Setup(client => client.ScheduleNewOrchestrationInstanceAsync("Orchestrator", It.IsAny<object?>(), It.IsAny<StartOrchestrationOptions>(), It.IsAny<CancellationToken>())).ThrowsAsync(fault);
        var wakeups = new Wakeups(hub.Object, new OutboxNudge(), NullLogger<Wakeups>.Instance);
        await wakeups.SendAsync([new Wakeup("first", "changed"), new Wakeup("second", Start: "Orchestrator"), new Wakeup("third", "changed")], default);
        hub.Verify(client => client.RaiseEventAsync("third", "changed", null, It.IsAny<CancellationToken>()), Times.Once);
    }

    public static TheoryData<Exception, bool> Ends => new()
    {
        { new OrchestrationFinishedException("gone", OrchestrationRuntimeStatus.Completed), false }, { new OrchestrationNotFoundException("gone"), false }, { new TimeoutException(), true },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_queued_nudge_for_what_has_ended_is_done_and_one_that_failed_is_given_again(Exception end, bool again)
    {
        var hub = new Mock<DurableTaskClient>();
        hub.Setup(client => client.RaiseEventAsync("gone", "changed", null, It.IsAny<CancellationToken>())).ThrowsAsync(end);
        var fault = await Record.ExceptionAsync(() => new Wakeups(hub.Object, new OutboxNudge(), NullLogger<Wakeups>.Instance).DispatchAsync(new QueuedWakeup(new Wakeup("gone", "changed")), default));
        Assert.Equal(again ? end : null, fault);
        hub.VerifyAll();
    }

    [Fact]
    public async Task A_nudge_starts_its_orchestration_before_it_raises_the_event()
    {
        var hub = new Mock<DurableTaskClient>(MockBehavior.Strict);
        var order = new MockSequence();
        hub.InSequence(order)
            .Setup(client => client.ScheduleNewOrchestrationInstanceAsync("Orchestrator", "input", new StartOrchestrationOptions("id", null), It.IsAny<CancellationToken>())).ReturnsAsync("id");
        hub.InSequence(order).Setup(client => client.RaiseEventAsync("id", "nudge", null, It.IsAny<CancellationToken>())).Returns(Task.CompletedTask);
        await new Wakeups(hub.Object, new OutboxNudge(), NullLogger<Wakeups>.Instance).SendAsync([new Wakeup("id", "nudge", "Orchestrator", "input")], default);
        hub.VerifyAll();
    }
}
