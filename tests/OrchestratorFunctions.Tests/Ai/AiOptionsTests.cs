using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Operations;
using Xunit;

namespace OrchestratorFunctions.Tests.Ai;

public sealed class AiOptionsTests
{
    [Theory]
    [InlineData("", "Offline")]
    [InlineData("AI_PROVIDER=offline;OPENAI_API_KEY=k", "Offline")]
    [InlineData("ANTHROPIC_API_KEY=k", "Anthropic")]
    [InlineData("OPENAI_API_KEY=k;AI_MODEL=m", "OpenAi")]
    [InlineData("AI_PROVIDER=OpenAI;OPENAI_API_KEY=k;AI_MODEL=m;ANTHROPIC_API_KEY=k;OPENAI_BASE_URL=http://127.0.0.1:9/v1", "OpenAi")]
    [InlineData("AZURE_OPENAI_ENDPOINT=https://x.openai.azure.com;AZURE_OPENAI_DEPLOYMENT=d", "Azure")]
    [InlineData("AI_PROVIDER=;OPENAI_API_KEY= ;OPENAI_BASE_URL=", "Offline")]
    public void The_vendor_is_the_one_that_is_named_or_the_only_one_with_a_key(string settings, string provider) =>
        Assert.Equal(provider, Read(settings).Provider.ToString());

    [Theory]
    [InlineData("AI_PROVIDER=gpt", "AI_PROVIDER")]
    [InlineData("AI_PROVIDER=azure", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_DEPLOYMENT")]
    [InlineData("AZURE_OPENAI_API_KEY=k", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_DEPLOYMENT")]
    [InlineData("AZURE_OPENAI_ENDPOINT=http://x.openai.azure.com;AZURE_OPENAI_DEPLOYMENT=d", "AZURE_OPENAI_ENDPOINT")]
    [InlineData("AI_PROVIDER=openai", "OPENAI_API_KEY", "AI_MODEL")]
    [InlineData("OPENAI_API_KEY=k;OPENAI_BASE_URL=ftp://x", "AI_MODEL", "OPENAI_BASE_URL")]
    [InlineData("AI_PROVIDER=anthropic;ANTHROPIC_BASE_URL=http://example.org", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL")]
    [InlineData("OPENAI_API_KEY=k;AI_MODEL=m;ANTHROPIC_API_KEY=k", "AI_PROVIDER")]
    public void Half_of_a_vendors_settings_fail_with_every_fault_named(string settings, params string[] named)
    {
        var faults = Settings.Faults(Assert.Throws<OptionsValidationException>(() => Read(settings)))!;

        Assert.Equal(named.Length, faults.Count);
        Assert.All(named.Zip(faults), pair => Assert.Contains(pair.First, pair.Second, StringComparison.Ordinal));
    }

    private static AiOptions Read(string settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(setting => setting.Split('=', 2))
            .Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1]))).Build();
        using var provider = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddAi(configuration).BuildServiceProvider();
        return provider.GetRequiredService<IOptions<AiOptions>>().Value;
    }
}
