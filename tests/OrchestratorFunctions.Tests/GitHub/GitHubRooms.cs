using Microsoft.Extensions.Configuration;
using OrchestratorFunctions.GitHub;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.GitHub;

/// <summary>The rooms with a GitHub that is played by the stand-in.</summary>
internal sealed class GitHubRooms : IAsyncDisposable
{
    private GitHubRooms(Rooms rooms, GitHubStandIn github) => (Rooms, GitHub) = (rooms, github);

    public Rooms Rooms { get; }

    public GitHubStandIn GitHub { get; }

    public static async Task<GitHubRooms> StartAsync(bool asApp = false, params (string Key, string Value)[] settings)
    {
        var github = new GitHubStandIn();
        await github.StartAsync();
        var values = (asApp ? github.AppEnvironment : github.Environment).ToDictionary(entry => entry.Key, entry => (string?)entry.Value);
        foreach (var (key, value) in settings)
        {
            values[key] = value;
        }

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        return new GitHubRooms(await Rooms.CreateAsync(services => services.AddGitHub(configuration).AddScar(configuration)), github);
    }

    public async ValueTask DisposeAsync()
    {
        await Rooms.DisposeAsync();
        var unexpected = GitHub.Unexpected.ToArray();
        await GitHub.DisposeAsync();
        Assert.Empty(unexpected);
    }
}
