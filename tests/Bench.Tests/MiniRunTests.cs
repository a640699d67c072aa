using Bench.Engine;

namespace Bench.Tests;

/// <summary>Every verb and measure once, as small as can be: that they work, so that they do not rot. How fast is not looked at.</summary>
public sealed class MiniRunTests
{
    private static readonly string Database = Environment.GetEnvironmentVariable("TEST_DATABASE_URL") ?? "";

    public static TheoryData<string> Measures => [.. Measure.All.Select(measure => measure.Name)];

    [Theory]
    [InlineData("engine")]
    [InlineData("coldstart --runs 3 --app somewhere")]
    [InlineData("cost --messages 5")]
    [InlineData("webhooks --seconds 2 --turns 1")]
    [InlineData("engine --peers --scale 0.5 --only approvals,timers")]
    public void A_verb_is_understood(string line) => Assert.Empty(Verbs.Root().Parse(line).Errors);

    [Theory]
    [InlineData("engine --only approval")]
    [InlineData("engines")]
    public void A_wrong_word_is_an_error(string line) => Assert.NotEmpty(Verbs.Root().Parse(line).Errors);

    [Theory]
    [MemberData(nameof(Measures))]
    public async Task A_measure_of_the_engine_runs(string measure) =>
        Assert.Equal(0, await Verbs.RunAsync(["engine", "--database", Database, "--scale", "0.001", "--only", measure]));

    [Fact]
    public async Task The_webhooks_are_measured_and_each_accepted_delivery_is_a_row() =>
        Assert.Equal(0, await Verbs.RunAsync(["webhooks", "--database", Database, "--connections", "4", "--seconds", "0.3", "--turns", "1"]));
}
