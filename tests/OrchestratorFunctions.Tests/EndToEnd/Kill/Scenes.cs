using System.Collections.Concurrent;
using Npgsql;
using TestKit.GitHub;
using TestKit.PostgreSql;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>How far Ada has come when a stage is set. The way there is gone once; every stage has a copy of it.</summary>
internal enum Scene
{
    /// <summary>The vision is offered.</summary>
    Offer,

    /// <summary>The vision's gate is open.</summary>
    VisionGate,

    /// <summary>The same in an issue on GitHub.</summary>
    IssueVisionGate,
}

/// <summary>Scenes as databases to copy, each with the chat and the repository that belong to it.</summary>
internal static class Scenes
{
    private static readonly ConcurrentDictionary<Scene, Lazy<Task<(TelegramChat, GitHubRepository)>>> Played = new();

    /// <summary>A copy of the scene's database, and its chat and repository, which others read too.</summary>
    public static async Task<(TestDatabase Database, TelegramChat Chat, GitHubRepository Repository)> SetAsync(Scene scene)
    {
        var (chat, repository) = await Played.GetOrAdd(scene, _ => new Lazy<Task<(TelegramChat, GitHubRepository)>>(() => PlayAsync(scene))).Value;
        return (await TestDatabase.CreateAsync($"kill_{scene}", _ => throw new InvalidOperationException("The scene was not played.")), chat, repository);
    }

    // In this process, which is faster. What it leaves in its database becomes a template.
    private static async Task<(TelegramChat, GitHubRepository)> PlayAsync(Scene scene)
    {
        await using var app = await OrchestratorApp.StartAsync(("AI_PROVIDER", "offline"));
        var (repository, person) = app.StandIns.GitHub.OnGitHub(app.Address);
        using var ada = person;
        await (scene == Scene.IssueVisionGate ? app.ToVisionGateAsync(repository, ada) : PlayInChatAsync(app, scene));

        await app.UntilAsync("select (select count(*) from outbox where status <> 'SENT') + (select count(*) from inbox where status <> 'DONE')", 0L);
        await app.StopAppAsync();
        app.Database.DataSource.Clear();
        await using var copy = await TestDatabase.CreateAsync($"kill_{scene}", async template =>
        {
            var name = new NpgsqlConnectionStringBuilder(template).Database;
            await TestServer.FromEnvironment().ExecuteAsync($"drop database {name}");
            await TestServer.FromEnvironment().ExecuteAsync($"create database {name} template {app.Database.Name}");
        });
        return (app.Ada.Chat, repository);
    }

    private static async Task PlayInChatAsync(OrchestratorApp app, Scene scene)
    {
        await app.TalkUntilOfferedAsync();
        await app.Ada.SayAsync($"/repo {Journey.Repository}");
        await app.Ada.WaitForAsync("works in");
        if (scene == Scene.VisionGate)
        {
            await app.Ada.PressAsync("Generate vision");
            await app.WaitForGateAsync("Vision, version 1");
        }
    }
}
