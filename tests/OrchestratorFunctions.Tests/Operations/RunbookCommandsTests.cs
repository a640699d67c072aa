using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OrchestratorFunctions.Api;
using OrchestratorFunctions.Tests.EndToEnd;
using TestKit.PostgreSql;

namespace OrchestratorFunctions.Tests.Operations;

/// <summary>The commands of the runbook, run as they stand there by a shell, against an app in which something has happened.</summary>
public sealed partial class RunbookCommandsTests
{
    private static readonly string Runbook = Checkout.Read("docs", "operations.md");

    // What does not end with 0 here, each for a reason of its own.
    private static readonly Dictionary<string, int> Others = new(StringComparer.Ordinal)
    {
        ["grep \"pool\" logs/*.log"] = 1, // nothing is exhausted here; FaultScenarios shows that the word is there when something is
        ["curl -H \"Authorization: Bearer $TOKEN\" -d '{\"id\":\"ID\",\"reason\":\"the cause is gone\"}' https://HOST/api/instances/rewind"] = 22, // 404: nothing has failed
    };

    [Fact]
    public async Task Each_command_does_what_the_runbook_says()
    {
        var folder = Directory.CreateTempSubdirectory("runbook").FullName;
        try
        {
            await using var app = await OrchestratorApp.StartAsync(("LOG_DIRECTORY", Path.Combine(folder, "logs")), ("METRICS_ENABLED", "true"), ("DEFAULT_RATE_LIMIT", "2/minute"));
            await app.ToVisionGateAsync();
            for (var number = 0; number < 4; number++)
            {
                await app.Ada.PostAsync(app.Ada.MessageUpdate(app.Ada.Write("forged")), "wrong");
            }

            await app.UntilAsync("select count(*) from audit_entries where action = 'rate_limited'", 1L);
            await app.UntilAsync("select count(*) from audit_unexported", 0L);
            var token = ApiAccess.NewToken();
            await app.Get<ApiTokenStore>().AddAsync("runbook", ApiAccess.Hash(token), ApiRole.Admin, null, TimeSpan.FromDays(1), "operator:test", default);
            var gate = await app.ReadAsync<Guid>("select id from gates where status = 'PENDING'");
            var (stopped, running) = (Block("bash").Where(line => line.StartsWith("./run restore ", StringComparison.Ordinal)).ToArray(), Block("bash").Where(line => !line.StartsWith("./run restore ", StringComparison.Ordinal)).ToArray());
            Prepare(folder);

            string Here(string line) => line.Replace("http://127.0.0.1:8000", app.Address.ToString().TrimEnd('/'), StringComparison.Ordinal).Replace("https://HOST", app.Address.ToString().TrimEnd('/'), StringComparison.Ordinal)
                .Replace("telegram:123456", $"telegram:{OrchestratorApp.AdaId}", StringComparison.Ordinal).Replace("/gates/ID/", $"/gates/{gate}/", StringComparison.Ordinal);
            await RunAsync(folder, app, token, running, Here);
            Assert.Equal("REJECTED Call it Bread.", await app.ReadAsync<string>($"select status || ' ' || reason from gates where id = '{gate}'"));
            Assert.Equal("203.0.113.7,198.51.100.0/24", await app.ReadAsync<string>("select value from live_settings where name = 'BLOCKED_IPS'"));

            Assert.True(File.Exists(Path.Combine(folder, "orchestrator.dump")), "the copy is not where the caller stands");

            await app.StopAppAsync();
            Npgsql.NpgsqlConnection.ClearAllPools();
            app.Database.DataSource.Clear();
            await TestServer.FromEnvironment().ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{app.Database.Url.Split('/')[^1]}'");
            var said = await RunAsync(folder, app, token, stopped, Here);
            var old = OldName().Match(said).Value;
            await TestServer.FromEnvironment().ExecuteAsync($"drop database \"{old}\" with (force)");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Each_question_to_the_database_can_be_asked()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var questions = Block("sql").Concat(Question().Matches(Runbook).Select(match => match.Groups["sql"].Value)).ToArray();
        Assert.True(questions.Length >= 4, "The runbook is not written as this test expects.");
        foreach (var question in questions)
        {
            await app.ExecuteAsync(question);
        }
    }

    private static string[] Block(string language)
    {
        var lines = Regex.Matches(Runbook, $@"^```{language}\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))
            .SelectMany(match => match.Groups["text"].Value.Split('\n')).Where(line => line.Length > 0).ToArray();
        Assert.NotEmpty(lines);
        return lines;
    }

    // ./run without its building and its own database: the executable of these tests, on the app's. What curl is refused makes it fail.
    private static void Prepare(string folder)
    {
        var run = Path.Combine(folder, "run");
        File.WriteAllText(run, $"#!/usr/bin/env bash\ncase \"$1\" in backup | restore) exec '{Checkout.PathOf("run")}' \"$@\" ;; *) exec dotnet '{Path.Combine(AppContext.BaseDirectory, "OrchestratorFunctions.dll")}' \"$@\" ;; esac\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(run, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        File.WriteAllText(Path.Combine(folder, ".curlrc"), "fail\nmax-time = 20\n");
    }

    private static async Task<string> RunAsync(string folder, OrchestratorApp app, string token, IReadOnlyList<string> lines, Func<string, string> here)
    {
        var script = new StringBuilder();
        foreach (var (line, number) in lines.Select((line, number) => (line, number)))
        {
            script.Append(CultureInfo.InvariantCulture, $"{here(line)}\necho \"line {number} ended with $?\"\n");
        }

        var start = new ProcessStartInfo("bash", ["-c", $"exec 2>&1\n{script}"]) { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var (name, value) in app.StandIns.Environment.Select(setting => (setting.Key, setting.Value)).Concat([("DATABASE_URL", app.Database.Url), ("TOKEN", token), ("HOME", folder), ("LOG_DIRECTORY", "off")]))
        {
            start.Environment[name] = value;
        }

        using var bash = Process.Start(start)!;
        var said = await bash.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(3));
        var ends = End().Matches(said).ToDictionary(match => int.Parse(match.Groups["line"].Value, CultureInfo.InvariantCulture), match => int.Parse(match.Groups["code"].Value, CultureInfo.InvariantCulture));
        Assert.Equal(lines.Select((line, number) => (line, (int?)Others.GetValueOrDefault(line))), lines.Select((line, number) => (line, ends.TryGetValue(number, out var code) ? code : (int?)null)));
        return said;
    }

    [GeneratedRegex("`(?<sql>select [^`]+)`", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Question();

    [GeneratedRegex("line (?<line>[0-9]+) ended with (?<code>[0-9]+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex End();

    [GeneratedRegex("[a-z0-9_]+_before_[0-9]+", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex OldName();
}
