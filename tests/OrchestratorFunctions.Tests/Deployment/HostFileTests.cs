using System.Text.Json;

namespace OrchestratorFunctions.Tests.Deployment;

/// <summary>host.json against what the Functions host needs of a custom handler with durable functions.</summary>
public sealed class HostFileTests
{
    private static readonly JsonElement Host = JsonDocument.Parse(Checkout.Read("host.json")).RootElement;

    [Theory]
    [InlineData("2.0", "version")]
    [InlineData("OrchestratorFunctions", "customHandler", "description", "defaultExecutablePath")]
    [InlineData("True", "customHandler", "enableForwardingHttpRequest")]
    [InlineData("", "extensions", "http", "routePrefix")]
    [InlineData("ProjectOrchestrator", "extensions", "durableTask", "hubName")]
    [InlineData("False", "extensions", "durableTask", "extendedSessionsEnabled")]
    [InlineData("00:00:01", "extensions", "durableTask", "storageProvider", "maxQueuePollingInterval")]
    [InlineData("00:00:01", "extensions", "queues", "maxPollingInterval")]
    [InlineData("Microsoft.Azure.Functions.ExtensionBundle", "extensionBundle", "id")]
    [InlineData("[4.*, 5.0.0)", "extensionBundle", "version")]
    public void The_host_is_told_what_it_needs(string expected, params string[] path) => Assert.Equal(expected, At(path).ToString());

    [Fact]
    public void The_host_kills_the_process_after_a_time_that_no_activity_takes() =>
        // A model may take 100 s; the host ends the whole process with the invocation.
        Assert.InRange(TimeSpan.Parse(At("functionTimeout").GetString()!), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30));

    [Fact]
    public void One_instance_asks_for_work_in_step_with_its_share_of_database_connections() =>
        Assert.All(["maxConcurrentActivityFunctions", "maxConcurrentOrchestratorFunctions"], limit => Assert.InRange(At("extensions", "durableTask", limit).GetInt32(), 1, 20));

    private static JsonElement At(params string[] path) => path.Aggregate(Host, (element, name) => element.GetProperty(name));
}
