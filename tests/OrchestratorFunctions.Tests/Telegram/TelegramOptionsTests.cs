using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Telegram;

namespace OrchestratorFunctions.Tests.Telegram;

public sealed class TelegramOptionsTests
{
    private const string Good = "TELEGRAM_BOT_TOKEN=123456:ABC-def_9 TELEGRAM_WEBHOOK_SECRET=s3cret";

    [Theory]
    [InlineData("")]
    [InlineData("TELEGRAM_BOT_TOKEN= TELEGRAM_WEBHOOK_SECRET= TELEGRAM_ALLOWED_USERS=")]
    [InlineData(Good)]
    [InlineData("TELEGRAM_BOT_TOKEN=123456:ABC TELEGRAM_UPDATES=polling")]
    [InlineData("TELEGRAM_BOT_TOKEN=123456:ABC TELEGRAM_UPDATES=Polling")]
    [InlineData(Good + " TELEGRAM_ALLOWED_USERS=1")]
    [InlineData(Good + " TELEGRAM_ALLOWED_USERS=1,22,333,")]
    [InlineData(Good + " TELEGRAM_API_BASE_URL=http://127.0.0.1:8081")]
    [InlineData(Good + " TELEGRAM_API_BASE_URL=http://localhost:8081/")]
    [InlineData(Good + " TELEGRAM_API_BASE_URL=https://bot.example.org")]
    public void These_settings_start_the_app(string settings) => Assert.Empty(FaultsOf(settings));

    [Theory]
    [InlineData("TELEGRAM_BOT_TOKEN=hello TELEGRAM_WEBHOOK_SECRET=s", "TELEGRAM_BOT_TOKEN")]
    [InlineData("TELEGRAM_BOT_TOKEN=123456: TELEGRAM_WEBHOOK_SECRET=s", "TELEGRAM_BOT_TOKEN")]
    [InlineData("TELEGRAM_BOT_TOKEN=123456:ABC", "TELEGRAM_WEBHOOK_SECRET")]
    [InlineData("TELEGRAM_BOT_TOKEN=123456:ABC TELEGRAM_WEBHOOK_SECRET=no*stars", "TELEGRAM_WEBHOOK_SECRET")]
    [InlineData("TELEGRAM_BOT_TOKEN=123456:ABC TELEGRAM_UPDATES=carrier-pigeon", "TELEGRAM_UPDATES")]
    [InlineData("TELEGRAM_BOT_TOKEN=123456:ABC TELEGRAM_UPDATES=7", "TELEGRAM_UPDATES")]
    [InlineData(Good + " TELEGRAM_ALLOWED_USERS=ada", "TELEGRAM_ALLOWED_USERS")]
    [InlineData(Good + " TELEGRAM_ALLOWED_USERS=1;2", "TELEGRAM_ALLOWED_USERS")]
    [InlineData(Good + " TELEGRAM_ALLOWED_USERS=,", "TELEGRAM_ALLOWED_USERS")]
    [InlineData(Good + " TELEGRAM_ALLOWED_USERS=-5", "TELEGRAM_ALLOWED_USERS")]
    [InlineData(Good + " TELEGRAM_API_BASE_URL=http://bot.example.org", "TELEGRAM_API_BASE_URL")]
    [InlineData(Good + " TELEGRAM_API_BASE_URL=ftp://bot.example.org", "TELEGRAM_API_BASE_URL")]
    [InlineData(Good + " TELEGRAM_API_BASE_URL=here", "TELEGRAM_API_BASE_URL")]
    public void These_do_not_and_the_fault_names_the_setting(string settings, string named) => Assert.Contains(named, Assert.Single(FaultsOf(settings)), StringComparison.Ordinal);

    [Fact]
    public void A_secret_may_have_256_characters_and_no_more()
    {
        Assert.Empty(FaultsOf($"TELEGRAM_WEBHOOK_SECRET={new string('s', 256)}"));
        Assert.Single(FaultsOf($"TELEGRAM_WEBHOOK_SECRET={new string('s', 257)}"));
    }

    [Fact]
    public void All_faults_are_listed_and_none_repeats_a_secret()
    {
        var faults = FaultsOf("TELEGRAM_BOT_TOKEN=t0ken TELEGRAM_WEBHOOK_SECRET=se*cret TELEGRAM_ALLOWED_USERS=ada TELEGRAM_API_BASE_URL=here");
        Assert.Equal(4, faults.Count);
        Assert.DoesNotContain(faults, fault => fault.Contains("t0ken", StringComparison.Ordinal) || fault.Contains("se*cret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1001", 1001, true)]
    [InlineData("7, 1001 ,8", 1001, true)]
    [InlineData("11001,10010", 1001, false)]
    [InlineData("", 1001, false)]
    public void Only_those_of_the_list_are_let_in(string users, long user, bool allowed) =>
        Assert.Equal(allowed, new TelegramOptions { AllowedUsers = users.Length > 0 ? users : null }.Allows(user));

    [Fact]
    public void What_is_off_is_named_with_the_setting_that_would_switch_it_on()
    {
        Assert.Contains("TELEGRAM_BOT_TOKEN", Assert.Single(new TelegramOptions().WhatIsOff()), StringComparison.Ordinal);
        Assert.Contains("TELEGRAM_ALLOWED_USERS", Assert.Single(new TelegramOptions { BotToken = "1:A" }.WhatIsOff()), StringComparison.Ordinal);
        Assert.Empty(new TelegramOptions { BotToken = "1:A", AllowedUsers = "1" }.WhatIsOff());
    }

    [Theory]
    [InlineData("fifteen-letters", 1)]
    [InlineData("sixteen--letters", 0)]
    [InlineData(null, 0)]
    public void A_secret_that_can_be_guessed_is_named_and_never_told(string? secret, int named)
    {
        string[] ofTelegram = [.. new TelegramOptions { WebhookSecret = secret }.WhatIsWeak()], before = [.. new TelegramOptions { PreviousWebhookSecret = secret }.WhatIsWeak()];
        string[] ofGitHub = [.. new OrchestratorFunctions.GitHub.GitHubOptions { WebhookSecret = secret }.WhatIsWeak()], ofGitHubBefore = [.. new OrchestratorFunctions.GitHub.GitHubOptions { PreviousWebhookSecret = secret }.WhatIsWeak()];
        Assert.Equal(named * 4, ofTelegram.Length + before.Length + ofGitHub.Length + ofGitHubBefore.Length);
        Assert.All(ofTelegram, line => Assert.StartsWith("TELEGRAM_WEBHOOK_SECRET has fewer than 16 characters", line, StringComparison.Ordinal));
        Assert.All(before, line => Assert.StartsWith("TELEGRAM_WEBHOOK_SECRET_PREVIOUS has", line, StringComparison.Ordinal));
        Assert.All(ofGitHub, line => Assert.StartsWith("GITHUB_WEBHOOK_SECRET has", line, StringComparison.Ordinal));
        Assert.All(ofGitHubBefore, line => Assert.StartsWith("GITHUB_WEBHOOK_SECRET_PREVIOUS has", line, StringComparison.Ordinal));
        Assert.All([.. ofTelegram, .. before, .. ofGitHub, .. ofGitHubBefore], line => Assert.DoesNotContain(secret!, line, StringComparison.Ordinal));
    }

    private static IReadOnlyList<string> FaultsOf(string settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1]))).Build();
        using var services = new ServiceCollection().AddSettings<TelegramOptions>(configuration).Services.BuildServiceProvider();
        try
        {
            _ = services.GetRequiredService<IOptions<TelegramOptions>>().Value;
            return [];
        }
        catch (Exception fault) when (Settings.Faults(fault) is { } faults)
        {
            return faults;
        }
    }
}
