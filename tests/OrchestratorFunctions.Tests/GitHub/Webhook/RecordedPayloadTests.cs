using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Octokit.Webhooks.Events;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Tests.EndToEnd;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.GitHub.Webhook;

/// <summary>Every payload that GitHub's own library has recorded, of every event.</summary>
public sealed class RecordedPayloadTests
{
    [Fact]
    public async Task None_of_them_is_a_fault_of_ours_and_each_is_handled_to_its_end()
    {
        await using var app = await OrchestratorApp.StartAsync();
        using var github = new GitHubPerson(app.StandIns.GitHub, app.StandIns.GitHub.AddRepository("octocat/demo-app"), app.Address);
        var answers = new List<(string Event, int Status)>();
        foreach (var (name, body) in Recorded())
        {
            answers.Add((name, (await github.PostAsync(name, body)).Status));
        }

        Assert.True(answers.Count > 300);
        Assert.All(answers, answer => Assert.True(answer.Status is 202 or 204, $"{answer.Event}: {answer.Status}"));
        Assert.Equal(
            ["check_run", "check_suite", "installation", "installation_repositories", "issue_comment", "issues", "ping", "pull_request", "pull_request_review", "pull_request_review_comment", "repository"],
            answers.Where(answer => answer.Status == 202).Select(answer => answer.Event).Distinct().Order(StringComparer.Ordinal));
        await app.UntilAsync("select count(*) from github_deliveries where status in ('OPEN', 'PARKED')", 0L);
    }

    [Fact]
    public void What_Octokits_types_can_read_we_read_the_same()
    {
        var compared = 0;
        foreach (var (_, body) in Recorded().Where(recorded => recorded.Event == "issue_comment"))
        {
            var theirs = JsonSerializer.Deserialize<IssueCommentEvent>(body)!;
            var ours = Payload.Read(body);
            Assert.Equal(
                (theirs.Action, theirs.Repository!.Id, theirs.Repository.FullName, theirs.Sender!.Id, theirs.Sender.Login, (long)theirs.Issue.Number, theirs.Comment.Id, theirs.Comment.Body),
                (ours.Action, ours.Repository!.Id, ours.Repository.FullName!, ours.Sender!.Id, ours.Sender.Login!, ours.Issue!.Number, ours.Comment!.Id, ours.Comment.Body!));
            compared++;
        }

        Assert.True(compared > 5);
    }

    private static IEnumerable<(string Event, byte[] Body)> Recorded()
    {
        using var file = File.OpenRead(Path.Combine(Checkout.Root, "tests/OrchestratorFunctions.Tests/GitHub/Webhook/webhook-examples.json.gz"));
        using var json = new GZipStream(file, CompressionMode.Decompress);
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().SelectMany(entry => entry.GetProperty("examples").EnumerateArray().Select(example => (entry.GetProperty("name").GetString()!, Encoding.UTF8.GetBytes(example.GetRawText()))))];
    }
}
