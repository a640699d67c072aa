using System.Text.Json;
using DurableTask.AzureFunctions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using OrchestratorFunctions.Functions;

namespace OrchestratorFunctions.Tests.Functions;

/// <summary>Registry, routes and manifest are one: what the app serves and runs is what the host is told.</summary>
public sealed class FunctionManifestTests
{
    private const string Nowhere = "postgresql://user:password@127.0.0.1:1/none";

    [Fact]
    public async Task Everything_that_is_registered_or_served_is_a_function_and_nothing_else_is()
    {
        await using var app = App.Build(new Dictionary<string, string?> { ["DURABLE_BACKEND"] = "functions" });
        var manifest = FunctionsVerbs.Manifest(app);
        var routes = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Select(endpoint => endpoint.RoutePattern.RawText!.Trim('/')).Distinct();
        var functions = manifest.Names.ToDictionary(name => name, name => JsonDocument.Parse(manifest.Json(name)).RootElement.GetProperty("bindings").EnumerateArray().ToArray());

        Assert.Equal(App.Tasks().Orchestrators.Select(one => one.Name).Distinct().Order(), Of(functions, "orchestrationTrigger"));
        Assert.Equal(App.Tasks().Activities.Order(), Of(functions, "activityTrigger"));
        Assert.Equal(["DispatchWakeup"], Of(functions, "queueTrigger"));
        Assert.Equal(["RewindFailed", "Sweep"], Of(functions, "timerTrigger"));
        Assert.Equal(
            routes.Append("api/instances/{verb}").Order(StringComparer.Ordinal),
            functions.Values.SelectMany(bindings => bindings).Where(one => Type(one) == "httpTrigger").Select(one => one.GetProperty("route").GetString()!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Routes_are_forwarded_raw_and_open_and_everything_else_knows_where_the_hub_is()
    {
        await using var app = App.Build(new Dictionary<string, string?> { ["DURABLE_BACKEND"] = "functions" });
        var manifest = FunctionsVerbs.Manifest(app);
        foreach (var name in manifest.Names)
        {
            var bindings = JsonDocument.Parse(manifest.Json(name)).RootElement.GetProperty("bindings").EnumerateArray().ToArray();
            var http = bindings.FirstOrDefault(one => Type(one) == "httpTrigger");
            if (http.ValueKind == JsonValueKind.Object)
            {
                Assert.Equal("anonymous", http.GetProperty("authLevel").GetString());
            }

            Assert.Equal(name.StartsWith("Http", StringComparison.Ordinal) ? ["httpTrigger", "http"] : [.. bindings.Select(Type).Where(type => type != "durableClient"), "durableClient"], bindings.Select(Type));
        }
    }

    [Fact]
    public async Task The_host_lets_monitors_probe_by_HEAD_as_well()
    {
        await using var app = App.Build(new Dictionary<string, string?> { ["DURABLE_BACKEND"] = "functions" });
        var manifest = FunctionsVerbs.Manifest(app);
        Assert.All(["HttpHealth", "HttpHealthLive", "HttpHealthReady"], name => Assert.Contains("\"get\",\"head\"", manifest.Json(name).ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Under_the_Functions_engine_nothing_that_work_depends_on_runs_in_the_background()
    {
        await using var functions = App.Build(new Dictionary<string, string?> { ["DURABLE_BACKEND"] = "functions", ["DATABASE_URL"] = Nowhere });
        await using var postgres = App.Build(new Dictionary<string, string?> { ["DURABLE_BACKEND"] = "postgres", ["DATABASE_URL"] = Nowhere });
        // What a plan may freeze at any time: a measurement is then sent later.
        Assert.Equal(["TelemetryExport"], Background(functions).Select(one => one.Name).Order(StringComparer.Ordinal));
        Assert.NotEmpty(Background(postgres));
    }

    [Theory]
    [InlineData("{*path}")]
    [InlineData("admin/things")]
    [InlineData("runtime")]
    [InlineData("")]
    [InlineData("{anything}")]
    public void A_route_that_the_host_would_not_serve_as_we_do_is_refused(string route) =>
        Assert.Throws<InvalidOperationException>(() => new FunctionManifest(App.Tasks(), new FunctionTriggers(), [new HttpFunction("HttpOne", route, ["GET"])]));

    [Fact]
    public void A_wrapped_function_whose_route_meets_another_is_refused()
    {
        HttpFunction[] raw = [new("HttpApi", "api/{one}/things", ["GET"])];
        Assert.Throws<InvalidOperationException>(() => new FunctionManifest(App.Tasks(), AppFunctions.Triggers().AddHttp(new HttpFunction("Other", "api/instances/things", ["POST"]), (_, _, _) => Task.FromResult(new WrappedAnswer(200, "{}", new Dictionary<string, string>()))), raw));
    }

    private static IEnumerable<Type> Background(WebApplication app) =>
        ((IEnumerable<Microsoft.Extensions.Hosting.IHostedService>)app.Services.GetService(typeof(IEnumerable<Microsoft.Extensions.Hosting.IHostedService>))!).Select(one => one.GetType()).Where(type => type.Assembly == typeof(App).Assembly);

    private static IEnumerable<string> Of(Dictionary<string, JsonElement[]> functions, string type) => functions.Where(one => one.Value.Any(binding => Type(binding) == type)).Select(one => one.Key).Order();

    private static string Type(JsonElement binding) => binding.GetProperty("type").GetString()!;
}
