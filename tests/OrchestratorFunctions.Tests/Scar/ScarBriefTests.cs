using System.Net;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;
using Xunit;

namespace OrchestratorFunctions.Tests.Scar;

public sealed class ScarBriefTests : IAsyncLifetime
{
    private readonly HttpClient http = new();
    private ScarScene scene = null!;

    public async Task InitializeAsync() => scene = await ScarScene.StartAsync();

    public async Task DisposeAsync()
    {
        http.Dispose();
        await scene.DisposeAsync();
    }

    [Fact]
    public async Task The_brief_holds_the_task_the_document_the_change_and_how_to_end()
    {
        var vision = await DocumentAsync(DocumentKind.Vision, "# The shop\n\n- Sell things");
        await DocumentAsync(DocumentKind.Plan, "# Plan: The shop\n\n1. The first plan");
        var id = await scene.PreparedAsync(scene.Request(ScarCommand.Plan, vision, reason: "Fewer steps\nplease"));
        using var response = await http.GetAsync(await UrlAsync(id));
        var brief = await response.Content.ReadAsStringAsync();
        Assert.Equal("text/markdown", response.Content.Headers.ContentType!.MediaType);
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.StartsWith("# The shop\n\nRepository: octocat/demo-app\n", brief, StringComparison.Ordinal);
        Assert.Contains("- Sell things", brief, StringComparison.Ordinal);
        Assert.Contains("Change asked for: Fewer steps\nplease\n", brief, StringComparison.Ordinal);
        Assert.Contains("1. The first plan", brief, StringComparison.Ordinal);
        var nonce = (await scene.Store.GetAsync(id, default)).Nonce;
        Assert.Contains($"    RESULT {nonce} SUCCESS\n", brief, StringComparison.Ordinal);
        Assert.Contains($"    RESULT {nonce} FAILED the reason\n", brief, StringComparison.Ordinal);
        Assert.Contains("Branch:", brief, StringComparison.Ordinal);
        Assert.Contains("Commit:", brief, StringComparison.Ordinal);
        Assert.Contains("Pull request:", brief, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_is_carried_out_as_it_was_approved_or_not_at_all()
    {
        var plan = await DocumentAsync(DocumentKind.Plan, "# Plan: The shop", branch: "feature/shop", commit: "0123abc");
        var brief = await http.GetStringAsync(await UrlAsync(await scene.PreparedAsync(scene.Request(ScarCommand.Execute, plan))));
        Assert.Contains("on branch feature/shop at commit 0123abc", brief, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_brief_without_a_document_is_the_task_alone()
    {
        var brief = await http.GetStringAsync(await UrlAsync(await scene.PreparedAsync()));
        Assert.StartsWith("# Planning\n", brief, StringComparison.Ordinal);
        Assert.DoesNotContain("The document to work from", brief, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nope")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("%C3%A5")]
    [InlineData("' or 1=1 --")]
    public async Task Another_token_finds_nothing(string token)
    {
        await scene.PreparedAsync();
        using var response = await http.GetAsync(new Uri($"{scene.Address}/briefs/{token}"));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task The_token_is_void_when_the_run_has_ended()
    {
        var id = await scene.SentAsync();
        var url = await UrlAsync(id);
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
        using var response = await http.GetAsync(url);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task The_agents_output_on_a_brief_that_echoes_it_is_no_result()
    {
        var id = await scene.PreparedAsync();
        var brief = await http.GetStringAsync(await UrlAsync(id));
        var nonce = (await scene.Store.GetAsync(id, default)).Nonce;
        var verdict = OrchestratorFunctions.Scar.Wire.ScarReplies.Judge([brief], nonce);
        Assert.NotEqual(ScarOutcome.Succeeded, verdict.Outcome);
    }

    private async Task<Uri> UrlAsync(Guid id) => new($"{scene.Address}/briefs/{(await scene.Store.GetAsync(id, default)).BriefToken}");

    private async Task<DocumentRef> DocumentAsync(DocumentKind kind, string markdown, string? branch = null, string? commit = null)
    {
        Document? stored = null;
        await scene.InTransactionAsync(async (connection, token) => stored = await scene.Get<DocumentStore>().AddAsync(
            connection, new NewDocument(scene.ProjectId, kind, Guid.NewGuid().ToString(), markdown, markdown) { Branch = branch, CommitId = commit }, token));
        return new DocumentRef(scene.ProjectId, kind, stored!.Version, stored.Sha256);
    }
}
