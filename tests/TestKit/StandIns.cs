using TestKit.GitHub;
using TestKit.Http;
using TestKit.Models;
using TestKit.Scar;
using TestKit.Telegram;

namespace TestKit;

/// <summary>All stand-ins, and the settings that point the app at them.</summary>
public sealed class StandIns : IAsyncDisposable
{
    /// <summary>Ada, the person whom the app lets in.</summary>
    public const long AdaId = 1001;

    private StandIns()
    {
    }

    public TelegramStandIn Telegram { get; } = new();

    public GitHubStandIn GitHub { get; } = new();

    public ScarStandIn Scar { get; } = new();

    public OpenAiStandIn OpenAi { get; } = new();

    public AnthropicStandIn Anthropic { get; } = new();

    public IReadOnlyList<StandIn> All => [Telegram, GitHub, Scar, OpenAi, Anthropic];

    /// <summary>Settings for the app. The model is OpenAI's; for Anthropic's set AI_PROVIDER to "anthropic".</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["TELEGRAM_API_BASE_URL"] = Telegram.Address,
        ["TELEGRAM_BOT_TOKEN"] = Telegram.Token,
        ["TELEGRAM_WEBHOOK_SECRET"] = Telegram.WebhookSecret,
        ["TELEGRAM_ALLOWED_USERS"] = $"{AdaId}",
        ["GITHUB_API_BASE_URL"] = GitHub.Address,
        ["GITHUB_ACCESS_TOKEN"] = GitHub.AccessToken,
        ["GITHUB_WEBHOOK_SECRET"] = GitHub.WebhookSecret,
        ["SCAR_BASE_URL"] = Scar.Address,
        ["OPENAI_BASE_URL"] = $"{OpenAi.Address}/v1",
        ["OPENAI_API_KEY"] = OpenAi.Key,
        ["ANTHROPIC_BASE_URL"] = Anthropic.Address,
        ["ANTHROPIC_API_KEY"] = Anthropic.Key,
        ["AI_PROVIDER"] = "openai",
        ["AI_MODEL"] = "interview-1",
        // Ada types as fast as a machine, and several apps of one test process would share a log file.
        ["PERSON_RATE_LIMIT"] = "100000/minute",
        ["LOG_DIRECTORY"] = "off",
    };

    /// <summary>Calls that no vendor would know, or that must never be made; each with who received it.</summary>
    public IReadOnlyList<string> Unexpected => [.. All.SelectMany(standIn => standIn.Unexpected.Select(what => $"{standIn.GetType().Name}: {what}"))];

    public static async Task<StandIns> StartAsync()
    {
        var standIns = new StandIns();
        // The repository that the coding agent knows is on GitHub too.
        standIns.GitHub.AddRepository("octocat/demo-app");
        await Task.WhenAll(standIns.All.Select(standIn => standIn.StartAsync()));
        return standIns;
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(All.Select(standIn => standIn.DisposeAsync().AsTask()));
}
