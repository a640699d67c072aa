using System.Text.RegularExpressions;
using Npgsql;
using OrchestratorFunctions.Database;

namespace OrchestratorFunctions.Operations.Logs;

/// <summary>
/// Takes secrets out of what is logged: the very values of our settings, wherever a library may have put them, and whatever has the form
/// of a well-known kind of token. The last line of defence; no code logs one on purpose.
/// </summary>
internal sealed partial class SecretMask
{
    private const string Masked = "***";

    // Shorter values are words of any text.
    private const int ShortestSecret = 6;
    private static readonly string[] SecretNames = ["_TOKEN", "_TOKENS", "_KEY", "_SECRET", "_SECRET_PREVIOUS", "_CONNECTION_STRING", "_PASSWORD", "_HEADERS", "AzureWebJobsStorage"];

    // Of letters, digits, underscores and hyphens, in GitHub's tokens and in Telegram's.
    private const int ShortestRun = 20;
    private readonly string[] values;

    public SecretMask(IConfiguration configuration)
    {
        var secrets = configuration.AsEnumerable().Where(setting => SecretNames.Any(name => setting.Key.EndsWith(name, StringComparison.OrdinalIgnoreCase)))
            .SelectMany(setting => (setting.Value ?? "").Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Bare).Append(setting.Value ?? ""));
        values = [.. secrets.Append(PasswordOf(configuration["DATABASE_URL"])).Where(value => value.Length >= ShortestSecret).Distinct().OrderByDescending(value => value.Length)];
    }

    public string Apply(string text)
    {
        foreach (var value in values)
        {
            text = text.Replace(value, Masked, StringComparison.Ordinal);
        }

        return MayHaveToken(text) ? Token().Replace(text, Masked) : text;
    }

    // What every form below has. Few lines do, and the first of them pays for building the expression: no start does.
    private static bool MayHaveToken(string text)
    {
        var run = 0;
        foreach (var character in text)
        {
            run = char.IsAsciiLetterOrDigit(character) || character is '_' or '-' ? run + 1 : 0;
            if (run >= ShortestRun || character == '@')
            {
                return true;
            }
        }

        return text.Contains("sk-", StringComparison.Ordinal) || text.Contains("bearer ", StringComparison.OrdinalIgnoreCase);
    }

    // The secret itself of "admin:token:person" and of "AccountKey=secret": what stands around it are words of any text.
    private static string Bare(string part) => Named().Match(part) is { Success: true } named ? named.Groups["secret"].Value : part;

    private static string PasswordOf(string? url)
    {
        try
        {
            return string.IsNullOrWhiteSpace(url) ? "" : new NpgsqlConnectionStringBuilder(DatabaseUrl.ToConnectionString(url)).Password ?? "";
        }
        catch (FormatException)
        {
            return ""; // the start refuses it, without repeating it
        }
    }

    [GeneratedRegex(@"\A((viewer|approver|admin):(?<secret>[^:]+)(:.*)?|[A-Za-z-]*(key|signature|token|authorization)=(?<secret>.+))\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Named();

    // Our own, Telegram's, GitHub's, Anthropic's and OpenAI's, bearer tokens, and passwords in addresses.
    [GeneratedRegex(
        @"[0-9]{6,}:[A-Za-z0-9_-]{30,}|\borch_[A-Za-z0-9_-]{20,}|\b(ghp|gho|ghs|ghu|ghr|github_pat)_[A-Za-z0-9_]{20,}|\bsk-[A-Za-z0-9_-]{16,}|(?i:bearer) [A-Za-z0-9._~+/=-]{16,}|://[^\s:/@]+:[^\s@/]+@",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Token();
}
