using Xunit;

namespace OrchestratorFunctions.Tests.Architecture;

/// <summary>What belongs to one room or one kind of file. Every rule is also shown the wrong app, where it has to find something.</summary>
public sealed class RoleTests
{
    [Fact]
    public void Only_the_room_Telegram_knows_the_Telegram_library() => Assert.Empty(Rules.LibraryOutside(Code.App, "Telegram.Bot", "Telegram"));

    [Fact]
    public void The_Telegram_library_elsewhere_is_caught() => AssertCaught(Rules.LibraryOutside(Code.Wrong, "Telegram.Bot", "Telegram"), "SendsPastTheOutbox");

    [Theory]
    [InlineData("Microsoft.Extensions.AI", "Ai", "Visions")]
    [InlineData("OpenAI", "Ai")]
    [InlineData("Azure", "Ai", "Database", "Functions", "Operations")]
    [InlineData("Prometheus", "Operations")]
    [InlineData("OpenTelemetry", "Operations")]
    [InlineData("Anthropic", "Ai")]
    [InlineData("Markdig", "Telegram", "GitHub")]
    [InlineData("FluentMigrator", "Database")]
    public void A_library_stays_in_its_rooms(string library, params string[] rooms) => Assert.Empty(Rules.LibraryOutside(Code.App, library, rooms));

    [Theory]
    [InlineData("Microsoft.Extensions.AI")]
    [InlineData("OpenAI")]
    [InlineData("Azure")]
    [InlineData("Anthropic")]
    [InlineData("Telegram.Bot", "Telegram")]
    [InlineData("Markdig")]
    [InlineData("FluentMigrator")]
    public void A_library_is_seen_where_it_is(string library, params string[] rooms) => Assert.NotEmpty(Rules.LibraryOutside(rooms.Length == 0 ? Code.App : Code.Wrong, library, rooms));

    [Fact]
    public void Only_the_rooms_of_vendors_make_HTTP_calls() => Assert.Empty(Rules.HttpOutside(Code.App, "Telegram", "GitHub", "Ai", "Scar"));

    [Fact]
    public void An_HTTP_call_elsewhere_is_caught() => AssertCaught(Rules.HttpOutside(Code.Wrong, "Telegram", "GitHub", "Ai", "Scar"), "CallsByItself");

    [Fact]
    public void Only_the_room_Scar_speaks_to_the_coding_agent() => Assert.Empty(Rules.AgentTalkOutside(Code.App));

    [Fact]
    public void Speaking_to_the_coding_agent_elsewhere_is_caught() => AssertCaught(Rules.AgentTalkOutside(Code.Wrong), "CommandsTheAgent");

    [Fact]
    public void SQL_is_in_the_files_that_are_named_for_it() => Assert.Empty(Rules.SqlOutside(Code.App));

    [Fact]
    public void SQL_elsewhere_is_caught() => AssertCaught(Rules.SqlOutside(Code.Wrong), "AsksTheDatabase");

    [Fact]
    public void What_takes_part_in_replay_sees_no_store_client_options_clock_or_chance() => Assert.Empty(Rules.EffectsInOrchestrators(Code.App));

    [Theory]
    [InlineData("ProjectStore")]
    [InlineData("DurableTaskClient")]
    [InlineData("ApprovalOptions")]
    [InlineData("NpgsqlDataSource")]
    [InlineData("TimeProvider")]
    [InlineData("HttpClient")]
    [InlineData("Random")]
    public void An_orchestrator_that_sees_one_is_caught(string effect) =>
        Assert.Contains(Rules.EffectsInOrchestrators(Code.Wrong), use => use.From == "ImpureOrchestrator" && use.To == effect);

    [Fact]
    public void A_helper_of_an_orchestrator_is_held_to_the_same() => Assert.Contains(Rules.EffectsInOrchestrators(Code.Wrong), use => use is { From: "ImpureRun", To: "ProjectStore" });

    [Fact]
    public void Nothing_of_the_app_is_public() => Assert.Empty(Rules.PublicTypes(typeof(App).Assembly.GetTypes()));

    [Fact]
    public void A_public_type_is_caught() => Assert.Contains(typeof(RoleTests).FullName, Rules.PublicTypes([typeof(RoleTests)]));

    private static void AssertCaught(IEnumerable<Dependency> violations, string offender) => Assert.Contains(violations, use => use.From == offender);
}
