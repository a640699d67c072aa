using System.Text.Json;
using OrchestratorFunctions.GitHub;

namespace OrchestratorFunctions.Tests.GitHub;

public sealed class ManifestTests
{
    [Theory]
    [InlineData(false, "checks: write, issues: write, metadata: read, pull_requests: write")]
    [InlineData(true, "administration: write, checks: write, contents: read, issues: write, metadata: read, pull_requests: write")]
    public void The_app_asks_for_the_least_and_for_more_only_when_it_shall_make_repositories(bool createsRepositories, string permissions)
    {
        using var manifest = JsonDocument.Parse(GitHubVerbs.ManifestOf(new Uri("https://example.org"), createsRepositories));
        var asked = manifest.RootElement.GetProperty("default_permissions").EnumerateObject().Select(permission => $"{permission.Name}: {permission.Value.GetString()}");
        Assert.Equal(permissions, string.Join(", ", asked.Order(StringComparer.Ordinal)));
        Assert.Equal("https://example.org/webhooks/github", manifest.RootElement.GetProperty("hook_attributes").GetProperty("url").GetString());
    }
}
