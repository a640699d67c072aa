using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrchestratorFunctions.Operations.Logs;

namespace OrchestratorFunctions.Tests.Operations.Logs;

public sealed class JsonFormatterTests
{
    private static readonly string[] Keys = ["timestamp", "level", "logger", "message", "project_id", "user_id", "trace_id"];

    [Fact]
    public void An_event_is_one_object_with_the_keys_of_the_runbook()
    {
        using var trace = new Activity("test").Start();
        var text = Written.By(new JsonFormatter(Written.Time, Written.Mask()), LogLevel.Warning, "said \"yes\" 🍞\nand\u0001 more", Written.Thrown(), null, ("ProjectId", Guid.Empty), ("UserId", 42L));
        Assert.Equal(1, text.Count(c => c == '\n'));
        using var line = JsonDocument.Parse(text);
        Assert.Equal(Keys, line.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal("2026-03-01T10:00:00.250Z", line.RootElement.GetProperty("timestamp").GetString());
        Assert.Equal("WARNING", line.RootElement.GetProperty("level").GetString());
        Assert.Equal("room", line.RootElement.GetProperty("logger").GetString());
        Assert.Equal("said \"yes\" 🍞\nand\u0001 more [InvalidOperationException: outer\r\nwords] [TimeoutException: inner\nwords]", line.RootElement.GetProperty("message").GetString());
        Assert.Equal(Guid.Empty.ToString(), line.RootElement.GetProperty("project_id").GetString());
        Assert.Equal("42", line.RootElement.GetProperty("user_id").GetString());
        Assert.Equal(trace.TraceId.ToHexString(), line.RootElement.GetProperty("trace_id").GetString());
    }

    [Fact]
    public void A_scope_names_the_person_and_the_event_names_the_project()
    {
        var scopes = new LoggerExternalScopeProvider();
        using var around = scopes.Push(new Dictionary<string, object?> { ["Person"] = "telegram:1", ["ProjectId"] = "outer" });
        using var line = JsonDocument.Parse(Written.By(new JsonFormatter(Written.Time, Written.Mask()), LogLevel.Information, "hello", null, scopes, ("ProjectId", "inner")));
        Assert.Equal("telegram:1", line.RootElement.GetProperty("user_id").GetString());
        Assert.Equal("inner", line.RootElement.GetProperty("project_id").GetString());
    }

    [Fact]
    public void What_is_not_known_is_null()
    {
        Activity.Current = null;
        using var line = JsonDocument.Parse(Written.By(new JsonFormatter(Written.Time, Written.Mask()), LogLevel.Information, "hello", null));
        Assert.All(["project_id", "user_id", "trace_id"], key => Assert.Equal(JsonValueKind.Null, line.RootElement.GetProperty(key).ValueKind));
    }
}
