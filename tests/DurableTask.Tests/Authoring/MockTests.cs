using Moq;

namespace DurableTask.Tests.Authoring;

// As in https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-unit-testing-dotnet-isolated.
public class MockTests
{
    [Fact]
    public async Task A_client_can_be_mocked_for_whoever_starts_orchestrations()
    {
        var client = new Mock<DurableTaskClient>("testClient");
        client.Setup(one => one.ScheduleNewOrchestrationInstanceAsync(It.IsAny<TaskName>(), It.IsAny<object>(), It.IsAny<StartOrchestrationOptions>(), It.IsAny<CancellationToken>())).ReturnsAsync("id");
        Assert.Equal(("testClient", "id"), (client.Object.Name, await client.Object.ScheduleNewOrchestrationInstanceAsync("Hello", CancellationToken.None)));
    }

    [Fact]
    public async Task A_context_can_be_mocked_for_an_orchestrator_whichever_overload_it_calls()
    {
        var context = new Mock<TaskOrchestrationContext>();
        var options = new TaskOptions(retry: new RetryPolicy(2, TimeSpan.FromSeconds(1)));
        context.Setup(one => one.CallActivityAsync<string>("SayHello", "Tokyo", null)).ReturnsAsync("Hello Tokyo!");
        context.Setup(one => one.CallActivityAsync<string>("SayHello", options)).ReturnsAsync("Hello!");
        Assert.Equal("Hello Tokyo! Hello!", await HelloAsync(context.Object, options));
    }

    private static async Task<string> HelloAsync(TaskOrchestrationContext context, TaskOptions options) =>
        $"{await context.CallActivityAsync<string>("SayHello", "Tokyo")} {await context.CallActivityAsync<string>("SayHello", options)}";
}
