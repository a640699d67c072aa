using System.Text.RegularExpressions;
using Xunit;

namespace OrchestratorFunctions.Tests.Operations;

/// <summary>What can be checked of the prose: that it names what there is, and that its links lead somewhere.</summary>
public sealed partial class RunbookTests
{
    private static readonly string Runbook = Checkout.Read("docs", "operations.md");

    public static TheoryData<string> Pages => [.. Directory.EnumerateFiles(Checkout.Root, "*.md").Concat(Directory.EnumerateFiles(Checkout.PathOf("docs"), "*.md", SearchOption.AllDirectories))
        .Select(path => Path.GetRelativePath(Checkout.Root, path))];

    [Fact]
    public void The_runbook_names_every_verb() => Assert.Equal([], Missing(VerbName(), verb => $@"\| `([a-z]+ )?{verb}\b"));

    [Fact]
    public void The_help_of_run_names_only_verbs_that_there_are()
    {
        var line = Checkout.Read("run").Split('\n').Single(text => text.Contains("a verb of the app:", StringComparison.Ordinal));
        var named = line[(line.IndexOf("app:", StringComparison.Ordinal) + 4)..].Split(',', StringSplitOptions.TrimEntries).Where(text => !text.StartsWith("...", StringComparison.Ordinal)).SelectMany(text => text.Split(' ', '|'));
        var verbs = Checkout.Sources("src/OrchestratorFunctions").SelectMany(file => VerbName().Matches(file.Text)).Select(match => match.Groups["name"].Value).ToHashSet();
        Assert.Equal([], named.Where(name => !verbs.Contains(name)));
    }

    [Fact]
    public void The_runbook_names_every_action_of_the_audit_trail() => Assert.Equal([], Missing(AuditAction(), action => $"`{action}`"));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_to_files_that_there_are(string page) => Assert.Equal([], DeadLinks(page, Checkout.Read(page)));

    [Fact]
    public void A_dead_link_is_caught() => Assert.Equal(["nowhere.md"], DeadLinks("docs/x.md", "[a](nowhere.md) [b](operations.md#settings) [c](../README.md) [d](https://example.org/x)"));

    private static IEnumerable<string> Missing(Regex names, Func<string, string> pattern)
    {
        var found = Checkout.Sources("src/OrchestratorFunctions").SelectMany(file => names.Matches(file.Text)).Select(match => match.Groups["name"].Value).Distinct().ToArray();
        Assert.True(found.Length > 10, "The code is not written as this test expects.");
        return found.Where(name => !Regex.IsMatch(Runbook, pattern(name), RegexOptions.NonBacktracking));
    }

    private static IEnumerable<string> DeadLinks(string page, string text) => Link().Matches(text).Select(match => match.Groups["to"].Value)
        .Where(to => !to.Contains("://", StringComparison.Ordinal) && !Path.Exists(Checkout.PathOf(Path.GetDirectoryName(page)!, to)));

    // A verb that only groups others ("inbox") is followed by one of them in the runbook's table.
    [GeneratedRegex("""new Command\("(?<name>[a-z-]+)\b""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex VerbName();

    [GeneratedRegex("""new AuditEntry\("(?<name>[a-z_]+)"|=> "(?<name>(approval|error)_[a-z]+)\b""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex AuditAction();

    [GeneratedRegex(@"\]\((?<to>[^)#\s]+)(#[^)]*)?\)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Link();
}
