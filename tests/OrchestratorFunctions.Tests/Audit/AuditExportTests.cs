using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Audit.Trail;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Audit;

public sealed class AuditExportTests : IDisposable
{
    private static readonly string[] Keys = ["timestamp", "action", "user_id", "project_id", "details", "result", "ip_address"];
    private readonly string folder = Directory.CreateTempSubdirectory("audit").FullName;

    [Fact]
    public async Task Entries_become_lines_in_the_shape_of_the_runbook_once()
    {
        await using var rooms = await Rooms.CreateAsync();
        using var export = Export(rooms);
        var project = Guid.NewGuid();
        await AppendAsync(rooms, new AuditEntry("project_created", "telegram:123456", project, new { name = "My Project" }) { IpAddress = "192.168.1.1" });
        await export.SweepAsync(default);
        await AppendAsync(rooms, new AuditEntry("approval_denied", "telegram:7", project, new { }, AuditEntry.Denied));
        await export.SweepAsync(default);
        await export.SweepAsync(default);
        export.Dispose();

        var lines = await File.ReadAllLinesAsync(Path.Combine(folder, "audit.log"));
        Assert.Equal(["project_created", "trail_begun", "approval_denied"], lines.Select(line => Value(line, "action")));
        using var first = JsonDocument.Parse(lines[0]);
        Assert.Equal(Keys, first.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal("telegram:123456", Value(lines[0], "user_id"));
        Assert.Equal(project.ToString(), Value(lines[0], "project_id"));
        Assert.Equal("My Project", first.RootElement.GetProperty("details").GetProperty("name").GetString());
        Assert.Equal("success", Value(lines[0], "result"));
        Assert.Equal("192.168.1.1", Value(lines[0], "ip_address"));
        Assert.Equal("2026-03-01T10:00:00.123Z", Value(lines[0], "timestamp"));
        Assert.Equal("denied", Value(lines[2], "result"));
    }

    [Fact]
    public async Task While_the_file_cannot_be_written_entries_wait_and_nobody_else_does()
    {
        await using var rooms = await Rooms.CreateAsync();
        using var export = Export(rooms, "/dev/null/no-folder");
        await AppendAsync(rooms, new AuditEntry("counted", Rooms.Ada, null, new { }));
        await export.SweepAsync(default);
        Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from audit_unexported"));
        using var again = Export(rooms);
        await again.SweepAsync(default);
        again.Dispose();
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from audit_unexported"));
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(folder, "audit.log")));
    }

    [Fact]
    public async Task Where_no_log_is_wanted_nothing_piles_up()
    {
        await using var rooms = await Rooms.CreateAsync();
        using var export = Export(rooms, target: AuditTarget.Off);
        await AppendAsync(rooms, new AuditEntry("counted", Rooms.Ada, null, new { }));
        await export.SweepAsync(default);
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from audit_unexported"));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private AuditExport Export(Rooms rooms, string? into = null, AuditTarget target = AuditTarget.File) => new(
        rooms.DataSource, new AuditTrailStore(rooms.DataSource), Options.Create(new AuditOptions { Target = target }),
        new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("LOG_DIRECTORY", (string?)(into ?? folder))]).Build(), NullLogger<AuditExport>.Instance);

    private static Task AppendAsync(Rooms rooms, AuditEntry entry) => rooms.DoAsync(connection => rooms.Get<AuditLog>().AppendAsync(connection, entry, default));

    private static string? Value(string line, string key)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty(key).GetString();
    }
}
