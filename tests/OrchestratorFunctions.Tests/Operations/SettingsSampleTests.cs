using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace OrchestratorFunctions.Tests.Operations;

public sealed partial class SettingsSampleTests
{
    [Fact]
    public void The_sample_names_every_setting_that_the_code_reads_and_no_other() =>
        Assert.Equal(KeysRead(), Sample().Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Settings_that_are_read_without_options_are_those_that_the_hosting_needs() =>
        Assert.Equal(["APP_ENV", "DATABASE_URL", "LOG_DIRECTORY", "LOG_LEVEL", "PORT"], KeysReadDirectly());

    [Fact]
    public async Task The_sample_is_valid_once_a_database_is_named()
    {
        var settings = Sample();
        settings["DATABASE_URL"] = "postgresql://user:password@127.0.0.1:5432/orchestrator";
        await using var app = App.Build(settings);
        OrchestratorFunctions.Operations.Settings.Validate(app.Services);
    }

    [Fact]
    public async Task A_sample_with_faulty_values_would_be_refused_for_each_of_them()
    {
        var settings = Sample();
        settings["SCAR_BASE_URL"] = "nowhere";
        settings["REWORK_LIMIT"] = "0";
        await using var app = App.Build(settings);
        var fault = Assert.ThrowsAny<Exception>(() => OrchestratorFunctions.Operations.Settings.Validate(app.Services));
        var faults = string.Join('\n', OrchestratorFunctions.Operations.Settings.Faults(fault) ?? [fault.ToString()]);
        Assert.Contains("DATABASE_URL", faults, StringComparison.Ordinal);
        Assert.Contains("SCAR_BASE_URL", faults, StringComparison.Ordinal);
        Assert.Contains("REWORK_LIMIT", faults, StringComparison.Ordinal);
    }

    [Fact]
    public void The_runbook_explains_every_setting()
    {
        var runbook = Checkout.Read("docs", "operations.md");
        Assert.All(KeysRead(), key => Assert.Contains($"| `{key}` |", runbook, StringComparison.Ordinal));
    }

    [Fact]
    public void The_sample_holds_no_secret() =>
        Assert.All(Sample().Where(entry => entry.Key.EndsWith("_KEY", StringComparison.Ordinal) || entry.Key.EndsWith("_TOKEN", StringComparison.Ordinal) || entry.Key.EndsWith("_SECRET", StringComparison.Ordinal)), entry => Assert.Equal("", entry.Value));

    private static IEnumerable<string> KeysRead() => typeof(App).Assembly.GetTypes()
        .SelectMany(type => type.GetProperties())
        .Select(property => property.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name)
        .OfType<string>()
        .Concat(KeysReadDirectly())
        .Distinct()
        .Order(StringComparer.Ordinal);

    private static IEnumerable<string> KeysReadDirectly() => Checkout.Sources("src/OrchestratorFunctions")
        .SelectMany(file => DirectRead().Matches(file.Text))
        .Select(match => match.Groups["key"].Value)
        .Distinct()
        .Order(StringComparer.Ordinal);

    private static Dictionary<string, string?> Sample()
    {
        using var document = JsonDocument.Parse(Checkout.Read("local.settings.sample.json"));
        return document.RootElement.GetProperty("Values").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString());
    }

    [GeneratedRegex("""(?i:configuration)(\[|\.GetValue<[^>]+>\(|\.GetSection\()"(?<key>[A-Z][A-Z0-9_]*)"|GetEnvironmentVariable\("(?<key>[^"]+)"\)""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex DirectRead();
}
