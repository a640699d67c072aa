using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace OrchestratorFunctions.Tests.Deployment;

/// <summary>The container file, the workflows and the scripts that they call: read, not run, since neither an engine nor Azure is here.</summary>
public sealed partial class DeploymentFileTests
{
    private static readonly string[] Workflows = ["ci.yml", "deploy.yml"];

    [Fact]
    public void The_container_takes_what_publish_builds_on_a_pinned_base_and_does_not_run_as_root()
    {
        string[] lines = [.. Checkout.Read("Dockerfile").Replace("\\\n", " ", StringComparison.Ordinal).Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')];
        Assert.All(lines, line => Assert.Matches("^(FROM|ENV|COPY|RUN|USER|EXPOSE) ", line));
        Assert.Matches(@"^FROM mcr\.microsoft\.com/azure-functions/base:\d+\.\d+\.\d+$", lines[0]);

        var published = PublishTarget().Match(Checkout.Read("publish")).Groups["target"].Value;
        Assert.Equal("artifacts/functionapp", published);
        Assert.All(lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal)), line => Assert.Equal(published, line.Split(' ').First(word => word is not "COPY" && !word.StartsWith("--", StringComparison.Ordinal))));
        Assert.Contains($"!{published}", Checkout.Read(".dockerignore"), StringComparison.Ordinal);
        Assert.DoesNotMatch("^USER (root|0)$", lines.Last(line => line.StartsWith("USER ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Workflows_are_yaml_and_give_their_jobs_no_more_than_they_need()
    {
        foreach (var name in Workflows)
        {
            var root = Parse(name);
            Assert.Equal("read", ((YamlMappingNode)root["permissions"])["contents"].ToString());
            foreach (var job in ((YamlMappingNode)root["jobs"]).Children.Values.Cast<YamlMappingNode>())
            {
                Assert.True(job.Children.ContainsKey("timeout-minutes"), name);
                if (job.Children.TryGetValue("permissions", out var permissions))
                {
                    Assert.All(((YamlMappingNode)permissions).Children, granted => Assert.Contains($"{granted.Key}: {granted.Value}", new[] { "contents: read", "id-token: write" }));
                }
            }
        }
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void Workflows_call_scripts_that_are_there_and_can_be_run()
    {
        string[] commands = [.. Workflows.SelectMany(Steps).Where(step => step.Children.ContainsKey("run")).Select(step => step["run"].ToString())];
        string[] scripts = [.. commands.SelectMany(command => Script().Matches(command)).Select(match => match.Groups["script"].Value).Distinct()];
        Assert.Equal([".ci/run", "infra/deploy", "publish"], scripts.Order(StringComparer.Ordinal));
        Assert.All(scripts, script => Assert.True(File.GetUnixFileMode(Checkout.PathOf(script)).HasFlag(UnixFileMode.UserExecute), script));
    }

    [Fact]
    public void No_secret_is_named_and_no_expression_is_pasted_into_a_shell()
    {
        foreach (var name in Workflows)
        {
            Assert.DoesNotContain("secrets.", Checkout.Read(".github", "workflows", name), StringComparison.Ordinal);
            Assert.All(Steps(name).Where(step => step.Children.ContainsKey("run")), step => Assert.DoesNotContain("${{", step["run"].ToString(), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Actions_are_named_by_a_version() =>
        Assert.All(Workflows.SelectMany(Steps).Where(step => step.Children.ContainsKey("uses")), step => Assert.Matches("@(v[0-9]+|[0-9a-f]{40})$", step["uses"].ToString()));

    [Fact]
    public void The_deployment_reads_only_outputs_that_the_template_has()
    {
        var template = Checkout.Read("infra", "main.bicep");
        string[] outputs = [.. OutputRead().Matches(Checkout.Read("infra", "deploy")).Select(match => match.Groups["output"].Value).Distinct()];
        Assert.NotEmpty(outputs);
        Assert.All(outputs, output => Assert.Contains($"\noutput {output} ", template, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("publish")]
    [InlineData("infra/deploy")]
    public async Task A_script_says_how_it_is_used(string script)
    {
        using var process = Process.Start(new ProcessStartInfo(Checkout.PathOf(script), ["--help"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        Assert.Contains("Usage: ", await process.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    private static YamlMappingNode Parse(string workflow)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Checkout.Read(".github", "workflows", workflow)));
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static IEnumerable<YamlMappingNode> Steps(string workflow) => ((YamlMappingNode)Parse(workflow)["jobs"]).Children.Values
        .SelectMany(job => ((YamlSequenceNode)((YamlMappingNode)job)["steps"]).Children).Cast<YamlMappingNode>();

    [GeneratedRegex(@"target=\$\{1:-(?<target>[^}]+)\}", RegexOptions.None, 1000)]
    private static partial Regex PublishTarget();

    [GeneratedRegex(@"^(?:\./)?(?<script>\.ci/run|infra/[a-z]+|publish|run|test|bench)\b", RegexOptions.Multiline, 1000)]
    private static partial Regex Script();

    [GeneratedRegex(@"\$\(output (?<output>[A-Za-z]+)\)", RegexOptions.None, 1000)]
    private static partial Regex OutputRead();
}
