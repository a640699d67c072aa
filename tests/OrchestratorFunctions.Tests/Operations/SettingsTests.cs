using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Telegram;

namespace OrchestratorFunctions.Tests.Operations;

public sealed class SettingsTests
{
    [Fact]
    public void Faults_of_all_rooms_are_listed_at_once_each_in_one_line()
    {
        var faults = FaultsOf(("TELEGRAM_BOT_TOKEN", "123456:ABC"), ("TELEGRAM_ALLOWED_USERS", "ada"), ("REWORK_LIMIT", "99"));
        Assert.Equal(4, faults.Count);
        foreach (var name in new[] { "DATABASE_URL", "TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_ALLOWED_USERS", "REWORK_LIMIT" })
        {
            Assert.Contains(faults, fault => fault.Contains(name, StringComparison.Ordinal) && !fault.Contains('\n', StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_value_of_the_wrong_kind_does_not_hide_the_other_faults()
    {
        var faults = FaultsOf(("REWORK_LIMIT", "many"), ("TELEGRAM_ALLOWED_USERS", "ada"));
        Assert.Equal(3, faults.Count);
        Assert.Contains(faults, fault => fault.Contains("REWORK_LIMIT", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("TELEGRAM_ALLOWED_USERS", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("DATABASE_URL", StringComparison.Ordinal));
    }

    [Fact]
    public void A_fault_is_said_without_the_wrapping_of_the_library() =>
        Assert.Equal("DATABASE_URL is not set: name a PostgreSQL database, or start with ./run, which brings its own", Assert.Single(FaultsOf()));

    [Fact]
    public void A_wrong_PORT_is_named_by_the_name_that_the_operator_knows() => Assert.Equal(
        "PORT is not a number between 0 and 65535.", Assert.Single(Settings.Faults(Assert.Throws<FormatException>(() => App.Build(new Dictionary<string, string?> { ["PORT"] = "x" })))!));

    [Fact]
    public void An_empty_value_counts_as_unset() => Assert.Empty(FaultsOf(("DATABASE_URL", "postgresql://u@h/d"), ("TELEGRAM_BOT_TOKEN", ""), ("REWORK_LIMIT", "  ")));

    [Fact]
    public void A_password_in_DATABASE_URL_is_not_repeated() =>
        Assert.DoesNotContain("s3cret", Assert.Single(FaultsOf(("DATABASE_URL", "mysql://u:s3cret@h/d"))), StringComparison.Ordinal);

    [Fact]
    public void What_is_no_fault_of_a_setting_is_not_taken_for_one()
    {
        Assert.Null(Settings.Faults(new TimeoutException("the database")));
        Assert.Null(Settings.Faults(new AggregateException(new TimeoutException("the database"))));
        Assert.Null(Settings.Faults(new InvalidOperationException("some defect")));
    }

    [Theory]
    [InlineData("{\"Values\": {\"A\": \"s3cret\",\n \"B\": s3cret}}", "not JSON: see line 2")]
    [InlineData("{}", "Values")]
    [InlineData("[]", "Values")]
    [InlineData("{\"Values\": \"s3cret\"}", "Values")]
    public void A_local_settings_file_of_another_form_is_a_fault_that_names_the_file(string json, string said)
    {
        var line = Assert.Single(Settings.Faults(Assert.Throws<FormatException>(() => Hosting.LocalValues(json)))!);
        Assert.Contains("local.settings.json", line, StringComparison.Ordinal);
        Assert.Contains(said, line, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", line, StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> FaultsOf(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build();
        var services = new ServiceCollection();
        services.AddSettings<DatabaseOptions>(configuration);
        services.AddSettings<TelegramOptions>(configuration);
        services.AddSettings<ApprovalOptions>(configuration);
        using var provider = services.BuildServiceProvider();
        try
        {
            Settings.Validate(provider);
            return [];
        }
        catch (Exception fault) when (Settings.Faults(fault) is { } faults)
        {
            return faults;
        }
    }
}
