using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrchestratorFunctions.Tests.Deployment;

/// <summary>Builds and lints infra/ with the bicep executable and reads what it would deploy; nothing is asked of Azure.</summary>
public sealed partial class InfrastructureTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData("dev", 40, 414, false)]
    [InlineData("prod", 80, 1703, true)]
    public async Task An_environment_builds_without_a_warning_and_deploys_what_the_app_needs(string environment, int instances, int userConnections, bool isPrivate)
    {
        using var folder = new CopyOfInfra();
        var (output, exitCode) = await Bicep(folder.Path, "snapshot", $"{environment}.bicepparam", "--mode", "overwrite", "--resource-group", "orchestrator", "--location", "westeurope",
            "--subscription-id", "00000000-0000-0000-0000-000000000001", "--tenant-id", "00000000-0000-0000-0000-000000000002");
        Assert.Equal("", output);
        Assert.Equal(0, exitCode);

        using var snapshot = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder.Path, $"{environment}.snapshot.json")));
        JsonElement[] resources = [.. snapshot.RootElement.GetProperty("predictedResources").EnumerateArray()];
        JsonElement One(string type) => Assert.Single(resources, resource => resource.GetProperty("type").GetString() == type);

        // The connections of all instances, old and new side by side, leave some to operators.
        var app = One("Microsoft.Web/sites").GetProperty("properties").GetProperty("functionAppConfig");
        Assert.Equal(instances, app.GetProperty("scaleAndConcurrency").GetProperty("maximumInstanceCount").GetInt32());
        var settings = One("Microsoft.Web/sites/config").GetProperty("properties");
        var pool = PoolSize(settings.GetProperty("DATABASE_URL").GetString()!);
        Assert.InRange(pool, 4, (userConnections - 10) / (2 * instances));

        // Identities, no keys; secrets only by reference.
        Assert.Equal("custom", app.GetProperty("runtime").GetProperty("name").GetString());
        Assert.Equal("managedidentity", settings.GetProperty("AzureWebJobsStorage__credential").GetString());
        Assert.False(settings.TryGetProperty("AzureWebJobsStorage", out _));
        Assert.StartsWith("@Microsoft.KeyVault(SecretUri=", Evaluated(settings.GetProperty("TELEGRAM_BOT_TOKEN").GetString()!), StringComparison.Ordinal);
        Assert.False(One("Microsoft.Storage/storageAccounts").GetProperty("properties").GetProperty("allowSharedKeyAccess").GetBoolean());
        var database = One("Microsoft.DBforPostgreSQL/flexibleServers").GetProperty("properties");
        Assert.Equal("Disabled", database.GetProperty("authConfig").GetProperty("passwordAuth").GetString());
        Assert.Equal(isPrivate ? "Disabled" : "Enabled", database.GetProperty("network").GetProperty("publicNetworkAccess").GetString());
        Assert.EndsWith("/wakeups", One("Microsoft.Storage/storageAccounts/queueServices/queues").GetProperty("name").GetString(), StringComparison.Ordinal);

        // Limits and the blocklist see who calls, not the host's own address.
        Assert.Equal("127.0.0.1,::1", settings.GetProperty("TRUSTED_PROXIES").GetString());

        // Every setting that goes to the app is one that it reads, or the platform's.
        var known = Checkout.Read("docs", "operations.md");
        Assert.All(
            settings.EnumerateObject().Select(setting => setting.Name).Where(name => !Platform().IsMatch(name)),
            name => Assert.Contains($"| `{name}` |", known, StringComparison.Ordinal));
    }

    [Fact]
    public async Task More_instances_than_the_database_has_connections_for_are_refused()
    {
        using var folder = new CopyOfInfra();
        var parameters = Path.Combine(folder.Path, "dev.bicepparam");
        await File.AppendAllTextAsync(parameters, "\nparam maximumInstanceCount = 60\n");
        var (output, exitCode) = await Bicep(folder.Path, "snapshot", "dev.bicepparam", "--mode", "overwrite", "--resource-group", "orchestrator", "--location", "westeurope");
        Assert.Contains("fewer than 4 connections", output, StringComparison.Ordinal);
        Assert.NotEqual(0, exitCode);
    }

    [Fact]
    public void Every_alert_is_explained_in_the_runbook()
    {
        var runbook = Checkout.Read("docs", "operations.md");
        string[] names = [.. AlertName().Matches(Checkout.Read("infra", "modules", "alerts.bicep")).Select(match => match.Groups["name"].Value).Where(name => name is not ("people" or "ready" or "operator" or "messages" or "default"))];
        Assert.InRange(names.Length, 8, 30);
        Assert.All(names, name => Assert.Contains($"| `{name}` |", runbook, StringComparison.Ordinal));
    }

    private static int PoolSize(string connection) => connection.StartsWith("[format(", StringComparison.Ordinal)
        ? int.Parse(LastArgument().Match(connection).Groups["size"].Value)
        : new Npgsql.NpgsqlConnectionStringBuilder(connection).MaxPoolSize;

    // What depends on another resource stays an expression of the template: [format('...', …)].
    private static string Evaluated(string value) => value.StartsWith("[format('", StringComparison.Ordinal) ? value["[format('".Length..] : value;

    private static async Task<(string Output, int ExitCode)> Bicep(string folder, params string[] arguments)
    {
        var path = typeof(InfrastructureTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Bicep").Value!;
        using var bicep = Process.Start(new ProcessStartInfo(path, arguments) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var deadline = new CancellationTokenSource(Deadline);
        var output = bicep.StandardOutput.ReadToEndAsync(deadline.Token);
        var error = bicep.StandardError.ReadToEndAsync(deadline.Token);
        await bicep.WaitForExitAsync(deadline.Token);
        return ((await output + await error).Trim(), bicep.ExitCode);
    }

    [GeneratedRegex(@", (?<size>\d+)\)\]$", RegexOptions.None, 1000)]
    private static partial Regex LastArgument();

    [GeneratedRegex("^(?:AzureWebJobsStorage__|APPLICATIONINSIGHTS_|AZURE_CLIENT_ID$)", RegexOptions.None, 1000)]
    private static partial Regex Platform();

    [GeneratedRegex(@"name: '(?:\$\{name\}-)?(?<name>[a-z][a-z-]*)'", RegexOptions.None, 1000)]
    private static partial Regex AlertName();

    // The command writes beside its input.
    private sealed class CopyOfInfra : IDisposable
    {
        public CopyOfInfra()
        {
            Directory.CreateDirectory(System.IO.Path.Combine(Path, "modules"));
            foreach (var file in Directory.EnumerateFiles(Checkout.PathOf("infra"), "*.bicep*", SearchOption.AllDirectories).Append(Checkout.PathOf("infra", "bicepconfig.json")).Distinct())
            {
                File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetRelativePath(Checkout.PathOf("infra"), file)), overwrite: true);
            }
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("orchestrator-infra-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
