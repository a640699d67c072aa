using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Projects;

public sealed class DocumentStoreTests
{
    [Fact]
    public async Task Versions_have_no_gap_and_no_double_when_many_write_at_once()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync();
        var stored = await Race.RunAsync(20, index => rooms.DocumentAsync(project.Id, index % 2 == 0 ? DocumentKind.Vision : DocumentKind.Plan));
        foreach (var kind in new[] { DocumentKind.Vision, DocumentKind.Plan })
        {
            Assert.Equal(Enumerable.Range(1, 10), stored.Where(document => document.Kind == kind).Select(document => document.Version).Order());
            Assert.Equal(10, (await rooms.Get<DocumentStore>().LatestAsync(project.Id, kind, default))!.Version);
        }
    }

    [Fact]
    public async Task The_same_work_is_stored_once_even_when_it_runs_twice_at_once()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < 10; round++)
        {
            var project = await rooms.ProjectAsync();
            var stored = await Race.RunAsync(4, _ => rooms.DocumentAsync(project.Id, key: $"vision:{project.Id}"));
            Assert.All(stored, document => Assert.Equal((1, stored[0].Sha256), (document.Version, document.Sha256)));
        }
    }

    [Fact]
    public async Task A_domain_key_keeps_the_words_that_came_first()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync();
        var first = await AddAsync(rooms, new NewDocument(project.Id, DocumentKind.Plan, "key", "# first", "first") { Branch = "b", CommitId = "c", PullRequest = "p", Confirmed = false, ExecutionId = project.Id });
        var second = await AddAsync(rooms, new NewDocument(project.Id, DocumentKind.Plan, "key", "# second", "second"));
        Assert.Equal(first, second);
        Assert.Equal(("# first", "b", "c", "p", false, project.Id), (second.Markdown, second.Branch, second.CommitId, second.PullRequest, second.Confirmed, second.ExecutionId));
    }

    [Fact]
    public async Task The_hash_is_the_SHA_256_of_the_content()
    {
        await using var rooms = await Rooms.CreateAsync();
        var document = await AddAsync(rooms, new NewDocument((await rooms.ProjectAsync()).Id, DocumentKind.Vision, "key", "shown", "bread — £3"));
        Assert.Equal(await rooms.ReadAsync<string>("select encode(sha256(convert_to(content, 'UTF8')), 'hex') from documents"), document.Sha256);
    }

    [Fact]
    public async Task What_is_not_there_is_null()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync();
        Assert.Null(await rooms.Get<DocumentStore>().LatestAsync(project.Id, DocumentKind.Report, default));
        Assert.Null(await rooms.Get<DocumentStore>().FindAsync(project.Id, DocumentKind.Vision, 1, default));
    }

    private static Task<Document> AddAsync(Rooms rooms, NewDocument document) => rooms.DoAsync(connection => rooms.Get<DocumentStore>().AddAsync(connection, document, default));
}
