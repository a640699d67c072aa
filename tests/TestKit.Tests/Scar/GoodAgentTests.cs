using TestKit.Scar;

namespace TestKit.Tests.Scar;

public sealed class GoodAgentTests : IAsyncLifetime
{
    private const string Brief = """
        # Planning: octocat/demo-app

        Write a plan.

        ## What has to change

        > no payments

        ## The document to work from: Vision, version 2

        # Dog walks

        - Not a feature

        ## What it can do

        ### Book a walk (must have)

        In two steps.

        ### See the walker on a map (nice to have)

        ## How to end

        - Branch: nothing to do with the work
        """;

    private readonly ScarStandIn scar = new();
    private Client client = null!;
    private WebApplication app = null!;

    public async Task InitializeAsync()
    {
        await scar.StartAsync();
        client = new Client(scar);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.MapGet("/briefs/one", () => Brief);
        await app.StartAsync();
        await client.AskAsync("c", "/repo demo-app");
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
        await scar.DisposeAsync();
    }

    [Fact]
    public async Task It_plans_from_the_brief_at_the_address_and_ends_as_it_is_told()
    {
        var replies = await client.AskAsync("c", Command("plan-feature-github", "one"));

        var plan = replies[^1];
        Assert.StartsWith("# Plan: Dog walks\n\nChanged as asked: no payments\n\n1. Book a walk\n2. See the walker on a map\n3. ", plan, StringComparison.Ordinal);
        Assert.Matches("Branch: feature/dog-walks\nCommit: [0-9a-f]{40}\n\nRESULT n0nce SUCCESS$", plan);
        Assert.Contains(replies, reply => reply.StartsWith("🔧 BASH\ncurl", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("execute-github", "Pull request: https://github.com/octocat/demo-app/pull/")]
    [InlineData("validate", "Tests: 6 passed, 0 failed")]
    [InlineData("prime", "demo-app has a README")]
    public async Task Each_command_ends_with_what_belongs_to_it(string command, string text) =>
        Assert.Contains(text, (await client.AskAsync("c", Command(command, "one")))[^1], StringComparison.Ordinal);

    [Fact]
    public async Task Without_the_brief_it_says_that_it_failed() =>
        Assert.EndsWith("RESULT n0nce FAILED the brief could not be read", (await client.AskAsync("c", Command("prime", "missing")))[^1], StringComparison.Ordinal);

    private string Command(string name, string brief) =>
        $"/command-invoke {name} {app.Urls.Single()}/briefs/{brief} End your last message with the line RESULT n0nce SUCCESS or RESULT n0nce FAILED and the reason";
}
