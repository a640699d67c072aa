using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Tests.Operations;

public sealed class VerbsTests
{
    [Theory]
    [InlineData("x")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("99999999999")]
    public async Task Steps_that_are_no_number_of_migrations_are_refused_before_anything_is_done(string steps) =>
        Assert.Equal(1, await Verbs.RunAsync(["migrate", "down", "--steps", steps], _ => throw new InvalidOperationException("the app was built")));
}
