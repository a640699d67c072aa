using OrchestratorFunctions.Scar.Wire;
using Xunit;

namespace OrchestratorFunctions.Tests.Scar.Wire;

public sealed class RepositorySelectionTests
{
    private const string Listing =
        "Repositories:\n\n1. .cache\n2. 3d-app\n3. app ← active\n4. app-two\n5. notgit\n6. ownerhub.io\n7. web-api\n8. 99-app\n9. zeta\n\nUse /repo <number|name> to switch";

    [Theory]
    [InlineData("me/app", "/repo app", "app")]
    [InlineData("me/app-two", "/repo app-two", "app-two")]
    [InlineData("me/3d-app", "/repo 2", "3d-app")] // sent by name it would select number 3
    [InlineData("me/99-app", "/repo 99-app", "99-app")] // there is no number 99
    [InlineData("me/.cache", "/repo .cache", ".cache")]
    public void Exactly_the_folder_of_our_name_is_chosen(string repository, string command, string folder) =>
        Assert.Equal((new RepositoryChoice(command, folder, NeedsAddress: false), null), RepositorySelection.Choose(Listing, repository));

    [Theory]
    [InlineData("me/owner.github.io", "ownerhub.io")]
    [InlineData("me/Zeta", "zeta")]
    public void A_folder_under_another_form_of_the_name_needs_the_address_as_proof(string repository, string folder)
    {
        var (choice, _) = RepositorySelection.Choose(Listing, repository);
        Assert.Equal(new RepositoryChoice($"/repo {folder}", folder, NeedsAddress: true), choice);
        Assert.NotNull(Problem(choice!, repository, status: Status(folder, address: null)));
        Assert.NotNull(Problem(choice!, repository, status: Status(folder, "https://github.com/else/where")));
        Assert.Null(Problem(choice!, repository, status: Status(folder, $"https://github.com/{repository}")));
    }

    [Theory]
    [InlineData("me/web")] // the beginning of web-api
    [InlineData("me/owner")]
    [InlineData("me/nope")]
    public void The_beginning_of_a_name_chooses_nothing(string repository) => Assert.Null(RepositorySelection.Choose(Listing, repository).Choice);

    [Theory]
    [InlineData("Repositories:\n\n1. app\n2. app\n")]
    [InlineData("No repositories found.")]
    [InlineData("⚠️ Database connection issue. Please try again in a moment.")]
    [InlineData("")]
    [InlineData("I think that these are the Repositories:\n1. app")]
    public void A_list_that_does_not_name_us_exactly_once_chooses_nothing(string listing)
    {
        var (choice, problem) = RepositorySelection.Choose(listing, "me/app");
        Assert.Null(choice);
        Assert.NotNull(problem);
    }

    [Theory]
    [InlineData("https://github.com/me/app")]
    [InlineData("https://github.com/ME/App.git")]
    [InlineData("git@github.com:me/app.git")]
    [InlineData(null)]
    public void The_selection_is_trusted_when_everything_fits(string? address) => Assert.Null(Problem(App, "me/app", status: Status("app", address)));

    [Theory]
    [InlineData("Switched to: app-two\n✓ Loaded 6 commands\n\nReady to work!")]
    [InlineData("Switched to: app")]
    [InlineData("I have Switched to: app\n")]
    [InlineData("Repository not found: app\n\nUse /repos to see available repositories.")]
    [InlineData("Failed to pull: Command failed: git -C /w/app pull\n")]
    [InlineData("Usage: /repo <number|name> [pull]")]
    public void Any_other_answer_to_the_switch_is_not_trusted(string switched) => Assert.NotNull(Problem(App, "me/app", switched: switched));

    [Theory]
    [InlineData("Codebase: app-two\nRepository: https://github.com/me/app\n\nCurrent Working Directory: /w/app")]
    [InlineData("Codebase: app\nRepository: https://github.com/other/app\n\nCurrent Working Directory: /w/app")]
    [InlineData("Codebase: app\nRepository: https://github.com/me/app.github.io\n\nCurrent Working Directory: /w/app")]
    [InlineData("Codebase: app\n\nCurrent Working Directory: /w/zeta")]
    [InlineData("Codebase: app\n\nCurrent Working Directory: /w/myapp")]
    [InlineData("Codebase: app\n\nCurrent Working Directory: Not set")]
    [InlineData("Codebase: app\n\nCurrent Working Directory: /w/app\nWorktree: zeta/worktrees/feat-1")]
    [InlineData("No codebase configured. Use /clone <repo-url> to get started.\n\nCurrent Working Directory: Not set")]
    [InlineData("⚠️ Database connection issue. Please try again in a moment.")]
    public void A_status_that_shows_anything_else_is_not_trusted(string status) => Assert.NotNull(Problem(App, "me/app", status: $"Platform: test\nAI Assistant: claude\n\n{status}"));

    [Theory]
    [InlineData("No codebase configured.")]
    [InlineData("Registered Commands:\n\nplain - .claude/commands/plain.md\n")]
    [InlineData("Registered Commands:\n\nprime-all - .claude/commands/prime-all.md\n")]
    public void A_command_that_is_not_registered_is_not_sent(string commands) => Assert.NotNull(Problem(App, "me/app", commands: commands));

    [Fact]
    public void A_session_is_seen_in_the_status()
    {
        Assert.True(RepositorySelection.HasSession(Status("app", null) + "\nActive Session: 2079499b..."));
        Assert.False(RepositorySelection.HasSession(Status("app", null)));
    }

    private static readonly RepositoryChoice App = new("/repo app", "app", NeedsAddress: false);

    private static string Status(string folder, string? address) =>
        $"Platform: test\nAI Assistant: claude\n\nCodebase: {folder}{(address is null ? "" : $"\nRepository: {address}")}\n\nCurrent Working Directory: /w/{folder}";

    private static string? Problem(RepositoryChoice choice, string repository, string? switched = null, string? status = null, string? commands = null) => RepositorySelection.Problem(
        choice, repository, switched ?? $"Switched to: {choice.Folder}\n✓ Loaded 6 commands\n\nReady to work!", status ?? Status(choice.Folder, null),
        commands ?? "Registered Commands:\n\nprime - .claude/commands/prime.md\n", "prime");
}
