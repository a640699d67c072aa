using System.Text.RegularExpressions;
using Xunit;

namespace OrchestratorFunctions.Tests.Architecture;

/// <summary>The shape of the checkout: sizes, folders, names of statements, what the engine is made of.</summary>
public sealed partial class ShapeTests
{
    private const int LongestFile = 400;
    private const int LongestMedian = 100;

    [Fact]
    public void No_file_of_the_product_is_longer_than_400_lines() => Assert.Empty(TooLong(Checkout.Sources("src")));

    [Fact]
    public void Half_of_the_files_of_the_product_are_shorter_than_100_lines() => Assert.InRange(Median(Checkout.Sources("src")), 1, LongestMedian - 1);

    [Fact]
    public void Long_files_are_caught()
    {
        SourceFile[] files = [File(401), File(400), File(401)];
        Assert.Equal(2, TooLong(files).Count());
        Assert.Equal(401, Median(files));
    }

    [Fact]
    public void Program_is_a_title_page() => Assert.InRange(Assert.Single(Checkout.Sources("src/OrchestratorFunctions"), file => file.Path == "src/OrchestratorFunctions/Program.cs").Lines, 1, 20);

    [Fact]
    public void Every_folder_of_the_app_is_a_room_and_every_room_a_folder() =>
        Assert.Equal(Rooms.Names.Order(StringComparer.Ordinal), FoldersOf(Checkout.Sources("src/OrchestratorFunctions")));

    [Fact]
    public void A_folder_named_for_a_kind_is_caught() =>
        Assert.DoesNotContain(Assert.Single(FoldersOf([new SourceFile("src/OrchestratorFunctions/Helpers/Texts.cs", ""), new SourceFile("src/OrchestratorFunctions/App.cs", "")])), Rooms.Names);

    [Fact]
    public void Namespaces_follow_folders() => Assert.Empty(Checkout.Sources("src/OrchestratorFunctions").Where(file => NamespaceFault(file) is not null).Select(NamespaceFault));

    [Fact]
    public void A_namespace_that_does_not_follow_its_folder_is_caught() =>
        Assert.NotNull(NamespaceFault(new SourceFile("src/OrchestratorFunctions/Inbox/X.cs", "namespace OrchestratorFunctions.Telegram;\n")));

    [Fact]
    public void Every_statement_has_a_name_of_its_own() => Assert.Empty(NameFaults(Checkout.Sources("src")));

    [Fact]
    public void Two_statements_of_one_name_and_one_without_a_name_are_caught()
    {
        const string twice = """"
            A("/* name: inbox.list */ select 1"); B("/* name: inbox.list */ select 2");
            C("""
                select 3
                """); D("update inbox set x = 1");
            """";
        Assert.Equal(3, NameFaults([new SourceFile("a.cs", twice)]).Count());
    }

    [Fact]
    public void The_engine_does_no_IO() => Assert.Empty(IoReferences(typeof(DurableTask.TaskName).Assembly));

    [Fact]
    public void An_engine_that_did_would_be_caught() => Assert.NotEmpty(IoReferences(typeof(App).Assembly));

    [Fact]
    public void The_task_hub_knows_no_web_and_no_app() =>
        Assert.DoesNotContain(References(typeof(DurableTask.PostgreSql.SchemaMigrator).Assembly), name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || name.StartsWith("OrchestratorFunctions", StringComparison.Ordinal));

    private static IEnumerable<string> TooLong(IEnumerable<SourceFile> files) => files.Where(file => file.Lines > LongestFile).Select(file => $"{file.Path}: {file.Lines} lines");

    private static int Median(IReadOnlyCollection<SourceFile> files) => files.Select(file => file.Lines).Order().ElementAt(files.Count / 2);

    private static SourceFile File(int lines) => new("x.cs", string.Concat(Enumerable.Repeat("\n", lines)));

    private static IEnumerable<string> FoldersOf(IEnumerable<SourceFile> files) =>
        files.Select(file => file.Path.Split('/')).Where(parts => parts.Length > 3).Select(parts => parts[2]).Distinct().Order(StringComparer.Ordinal);

    private static string? NamespaceFault(SourceFile file)
    {
        var expected = string.Join('.', file.Path.Split('/')[1..^1]);
        var found = Namespace().Match(file.Text).Groups["name"].Value;
        return found.Length == 0 || found == expected ? null : $"{file.Path}: namespace {found}";
    }

    private static IEnumerable<string> NameFaults(IReadOnlyCollection<SourceFile> files) =>
    [
        .. files.SelectMany(file => StatementName().Matches(file.Text)).Select(match => match.Groups["name"].Value).GroupBy(name => name).Where(group => group.Count() > 1).Select(group => $"{group.Key} {group.Count()} times"),
        .. files.Where(file => !file.Path.Contains("/Migrations/", StringComparison.Ordinal) && !file.Path.Contains("/Schema/", StringComparison.Ordinal))
            .SelectMany(file => Nameless().Matches(file.Text).Select(match => $"{file.Path}: {match.Value.Trim()}")),
    ];

    private static IEnumerable<string> IoReferences(System.Reflection.Assembly assembly) => References(assembly).Where(name =>
        name is "Npgsql" or "System.Data.Common" or "System.Net.Http" or "System.Net.Sockets" or "Dapper" || name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || name.StartsWith("Grpc", StringComparison.Ordinal));

    private static IEnumerable<string> References(System.Reflection.Assembly assembly) => assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"/\* name: (?<name>[a-z_.]+) \*/", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex StatementName();

    // A string literal that begins with a statement instead of its name.
    [GeneratedRegex(""""("|"{3}\s*\n\s*)(select |insert into |update [a-z_.]+ (as )?([a-z]+ )?set |delete from |with [a-z_]+ as )[^"\n]*"""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Nameless();
}
