using Xunit.Abstractions;

[assembly: TestCollectionOrderer("OrchestratorFunctions.Tests.EndToEnd.Kill.KillsFirst", "OrchestratorFunctions.Tests")]

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>What starts processes again and again takes minutes. Begun last, it would run alone while a processor has nothing to do.</summary>
public sealed class KillsFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderByDescending(collection => collection.DisplayName.StartsWith("Kills", StringComparison.Ordinal));
}
