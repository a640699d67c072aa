using OrchestratorFunctions.Operations.Logs;

namespace OrchestratorFunctions.Tests.Operations.Logs;

public sealed class SecretMaskTests
{
    [Theory]
    [InlineData("TELEGRAM_WEBHOOK_SECRET", "canary-1")]
    [InlineData("OPENAI_API_KEY", "canary-2")]
    [InlineData("SOME_NEW_TOKEN", "canary-3")]
    public void The_value_of_a_secret_setting_is_masked_wherever_it_stands(string key, string value) =>
        Assert.Equal("before***after ***", Written.Mask((key, value)).Apply($"before{value}after {value}"));

    [Fact]
    public void So_are_the_password_of_the_database_and_each_part_of_a_list()
    {
        var mask = Written.Mask(("DATABASE_URL", "postgresql://app:p%40ssword@db:5432/x"), ("API_TOKENS", "admin:canary-a,viewer:canary-b"));
        Assert.Equal("login of app with *** failed", mask.Apply("login of app with p@ssword failed"));
        Assert.DoesNotContain("canary", mask.Apply("sent admin:canary-a and viewer:canary-b"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_is_masked_without_the_words_that_stand_around_it_in_its_setting()
    {
        var mask = Written.Mask(
            ("API_TOKENS", "approver:canary-a:telegram:123456,Admin:canary-b"),
            ("AzureWebJobsStorage", "DefaultEndpointsProtocol=https;AccountName=bakery;AccountKey=canary+c/d==;EndpointSuffix=core.windows.net"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=canary-e"));
        Assert.Equal("*** *** *** *** of telegram:123456, approver of bakery", mask.Apply("canary-a canary-b canary+c/d== canary-e of telegram:123456, approver of bakery"));
    }

    [Theory]
    [InlineData("POST https://api.telegram.org/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage")]
    [InlineData("Authorization: Bearer abcdefghijklmnopqrstuvwxyz")]
    [InlineData("token ghp_abcdefghijklmnopqrstuvwxyz0123456789 is bad")]
    [InlineData("key sk-test-abcdefghijklmnop0123")]
    [InlineData("token orch_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")]
    [InlineData("postgresql://user:hunter22@host/db")]
    public void What_looks_like_a_token_is_masked_without_being_known(string text)
    {
        var masked = Written.Mask().Apply(text);
        Assert.Contains("***", masked, StringComparison.Ordinal);
        Assert.DoesNotMatch("AAHdqTcv|abcdefghijkl|hunter22", masked);
    }

    [Fact]
    public void Ordinary_words_stay() =>
        Assert.Equal("Update 7 of telegram:1001 at 2026-03-01T10:00:00Z", Written.Mask(("X_TOKEN", ""), ("Y_KEY", "short")).Apply("Update 7 of telegram:1001 at 2026-03-01T10:00:00Z"));
}
