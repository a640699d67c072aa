using System.CommandLine;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Tests.Operations;

/// <summary>A verb that changes something is in the audit trail: whoever adds one has to say here where, or that it only reads.</summary>
public sealed class OperatorTrailTests
{
    private static readonly string[] OnlyRead =
    [
        "audit query", "audit verify", "github convert", "github deliveries", "github manifest", "functions export", "inbox list", "inbox show", "instances export", "instances list", "instances show",
        "migrate status", "replay", "serve", "settings list", "telegram info", "tokens list",
    ];

    // In the transaction of what they do: VerbTests runs each. Migrations are in schema_versions.
    private static readonly string[] NoteThemselves = ["migrate down", "migrate up", "people forget", "settings set", "settings unset", "tokens create", "tokens revoke"];

    [Fact]
    public void Every_verb_is_noted_before_it_acts_or_notes_itself_or_only_reads() =>
        Assert.Equal(VerbsOf(Verbs.Grammar(_ => Task.FromResult(0), App.Build)), OperatorTrail.Noted.Concat(NoteThemselves).Concat(OnlyRead).Order(StringComparer.Ordinal));

    [Fact]
    public void A_verb_below_another_is_found_by_its_whole_name() =>
        Assert.Equal(["instances list", "serve"], VerbsOf(new RootCommand("x") { new Command("serve", "x"), new Command("instances", "x") { new Command("list", "x") } }));

    private static IEnumerable<string> VerbsOf(Command command, string before = "") => command.Subcommands
        .SelectMany(verb => verb.Subcommands.Count == 0 ? [$"{before}{verb.Name}"] : VerbsOf(verb, $"{before}{verb.Name} ")).Order(StringComparer.Ordinal);
}
