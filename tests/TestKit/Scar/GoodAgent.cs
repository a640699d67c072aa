using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace TestKit.Scar;

/// <summary>
/// The agent of a good day. It reads the brief at the address that it is given, works from what stands there and ends as the arguments ask:
/// with the line RESULT nonce SUCCESS, or FAILED when it could not read the brief.
/// </summary>
internal static partial class GoodAgent
{
    private sealed record Brief(string Title, IReadOnlyList<string> Points, string? Change);

    public static async Task WorkAsync(ScarRun run)
    {
        var nonce = Nonce().Match(run.Arguments) is { Success: true } match ? match.Groups[1].Value : null;
        var address = run.Words.FirstOrDefault(word => word.StartsWith("http://", StringComparison.Ordinal) || word.StartsWith("https://", StringComparison.Ordinal));
        var brief = new Brief(run.Repository.Name, [], null);
        if (address is not null)
        {
            run.Tool("BASH", $"curl -fsS {address}");
            try
            {
                brief = Read(await FetchAsync(run, address), run.Repository.Name);
            }
            catch (HttpRequestException fault)
            {
                run.Say($"I could not read the brief: {fault.Message}\n\n{Result(nonce, "FAILED the brief could not be read")}");
                return;
            }

            run.Say($"I have read the brief “{brief.Title}” with {brief.Points.Count} points.");
        }

        run.Tool("READ", "Reading: README.md");
        run.Say($"{Report(run, brief)}\n\n{Result(nonce, "SUCCESS")}".TrimEnd());
    }

    // Patient when it is told to be, with an address that does not answer; a refusal is an answer.
    private static async Task<string> FetchAsync(ScarRun run, string address)
    {
        var patience = Patience().Match(run.Arguments) is { Success: true } match ? TimeSpan.FromMinutes(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)) : TimeSpan.Zero;
        for (var begun = Stopwatch.StartNew(); ; await Task.Delay(TimeSpan.FromMilliseconds(200), run.CancellationToken))
        {
            try
            {
                return await run.FetchAsync(address);
            }
            catch (HttpRequestException fault) when (begun.Elapsed < patience && fault.StatusCode is null or >= HttpStatusCode.InternalServerError)
            {
                // Once more.
            }
        }
    }

    private static string Report(ScarRun run, Brief brief)
    {
        var steps = brief.Points.Count > 0 ? brief.Points : [$"Build {brief.Title}"];
        var branch = $"feature/{Slug(brief.Title)}";
        var commit = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{run.Command} {brief.Title} {string.Join(' ', steps)}")))[..40];
        return run.Command switch
        {
            "prime" => $"{run.Repository.Name} has a README and a small code base; I know my way now.",
            "plan-feature-github" => $"# Plan: {brief.Title}\n\n{Change(brief)}{string.Join('\n', steps.Select((step, index) => $"{index + 1}. {step}"))}\n{steps.Count + 1}. Add tests for each step\n\nBranch: {branch}\nCommit: {commit}",
            "execute-github" => $"All {steps.Count} steps are done and committed.\n\nBranch: {branch}\nCommit: {commit}\nPull request: {run.Repository.Url ?? "https://github.com/octocat/" + run.Repository.Name}/pull/{1 + (commit[0] % 40)}",
            "validate" => $"# Validation\n\n{Change(brief)}- Tests: {steps.Count * 3} passed, 0 failed\n- Steps checked: {steps.Count} of {steps.Count}",
            _ => $"Done: {brief.Title}.",
        };
    }

    private static string Result(string? nonce, string how) => nonce is null ? "" : $"RESULT {nonce} {how}";

    private static string Change(Brief brief) => brief.Change is null ? "" : $"Changed as asked: {brief.Change}\n\n";

    // A brief has the document to work from in a section of its own; what stands after it (earlier work, how to end) is not work to do.
    private static Brief Read(string text, string fallback)
    {
        var wish = Between(text, "## What has to change", "\n## ");
        var change = string.Join(' ', wish.Split('\n').Where(line => line.StartsWith('>')).Select(line => line.TrimStart('>', ' ')));
        var document = Between(text, "## The document to work from:", "\n## The earlier work", "\n## How to end");
        var lines = (document.Length > 0 ? document : text).Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).ToArray();
        var title = Plain((lines.FirstOrDefault(line => line.StartsWith("# ", StringComparison.Ordinal)) ?? lines.FirstOrDefault() ?? fallback).TrimStart('#'));
        title = title[(title.IndexOf(": ", StringComparison.Ordinal) is var colon and >= 0 ? colon + 2 : 0)..];
        // Small headings are the features of a vision; without them, what is listed.
        var marked = lines.Where(line => line.StartsWith("### ", StringComparison.Ordinal)).Select(line => "- " + line[4..].Split(" (")[0]).ToArray();
        var points = (marked.Length > 0 ? marked : lines).Select(line => Point().Match(line)).Where(match => match.Success).Select(match => Plain(match.Groups["text"].Value))
            .Where(point => !point.StartsWith("Add tests for each step", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Take(20).ToArray();
        return new Brief(title.Length > 80 ? title[..80].Trim() : title, points, change.Length > 0 ? change : null);
    }

    private static string Between(string text, string start, params string[] ends)
    {
        var at = text.IndexOf(start, StringComparison.Ordinal);
        if (at < 0)
        {
            return "";
        }

        var rest = text[(at + start.Length)..];
        var end = ends.Select(mark => rest.IndexOf(mark, StringComparison.Ordinal)).Where(found => found >= 0).DefaultIfEmpty(rest.Length).Min();
        return rest[..end];
    }

    private static string Plain(string text) => text.Replace("*", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal).Trim();

    private static string Slug(string title)
    {
        var slug = NotInSlug().Replace(title.ToLowerInvariant(), "-").Trim('-');
        return slug.Length == 0 ? "work" : slug.Length > 40 ? slug[..40].TrimEnd('-') : slug;
    }

    [GeneratedRegex(@"RESULT (\S+) SUCCESS")]
    private static partial Regex Nonce();

    [GeneratedRegex(@"does not answer, try again for ([0-9]{1,2}) minutes")]
    private static partial Regex Patience();

    [GeneratedRegex(@"\A(?:[-*+]|[0-9]+[.)])\s+(?<text>.+)\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Point();

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex NotInSlug();
}
