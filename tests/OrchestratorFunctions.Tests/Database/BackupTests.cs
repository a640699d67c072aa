using System.Diagnostics;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Audit.Trail;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.PostgreSql;

namespace OrchestratorFunctions.Tests.Database;

/// <summary>The backup and restore of the runbook, by the very commands that it names.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task A_backup_is_restored_in_place_of_the_database_and_the_audit_trail_is_intact()
    {
        var folder = Directory.CreateTempSubdirectory("backup");
        try
        {
            await using var rooms = await Rooms.CreateAsync();
            var project = await rooms.ProjectAsync();
            await rooms.DoAsync(connection => rooms.Get<AuditLog>().AppendAsync(connection, new AuditEntry("project_created", Rooms.Ada, project.Id, new { }), default));
            var file = Path.Combine(folder.FullName, "orchestrator.dump");
            Assert.Equal((0, true), ((await RunAsync(rooms, "backup", file)).Code, File.Exists(file)));

            await rooms.ExecuteAsync("update projects set name = 'after the backup'");
            var refused = await RunAsync(rooms, "restore", file);
            Assert.NotEqual(0, refused.Code);
            Assert.Contains("stop every process of the app first", refused.Error, StringComparison.Ordinal);
            Assert.Equal("after the backup", await rooms.ReadAsync<string>("select name from projects"));

            await LetGoAsync(rooms);
            var restored = await RunAsync(rooms, "restore", file);
            Assert.True(restored.Code == 0, restored.Error);
            var old = restored.Error.Split(' ').First(word => word.Contains("_before_", StringComparison.Ordinal)).Trim(',', ';');
            await TestServer.FromEnvironment().ExecuteAsync($"drop database \"{old}\" with (force)");
            Assert.Equal("Bakery", await rooms.ReadAsync<string>("select name from projects"));
            Assert.Equal([], (await new AuditReading(new AuditTrailStore(rooms.DataSource)).VerifyAsync(default)).Faults);
            // Triggers came along.
            await Assert.ThrowsAsync<Npgsql.PostgresException>(() => rooms.ExecuteAsync("delete from audit_entries"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_file_that_is_no_backup_leaves_everything_as_it_was()
    {
        var file = Path.GetTempFileName();
        await using var rooms = await Rooms.CreateAsync();
        await rooms.ProjectAsync();
        await LetGoAsync(rooms);
        Assert.NotEqual(0, (await RunAsync(rooms, "restore", file)).Code);
        Assert.Equal("Bakery", await rooms.ReadAsync<string>("select name from projects"));
        File.Delete(file);
    }

    [Fact]
    public async Task Nobody_else_on_the_machine_reads_the_password_or_the_copy_and_what_only_the_app_knows_of_the_address_is_left_out()
    {
        var folder = Directory.CreateTempSubdirectory("backup");
        try
        {
            await using var rooms = await Rooms.CreateAsync();
            var address = new Uri(rooms.Url);
            var password = Uri.UnescapeDataString(address.UserInfo.Split(':', 2)[1]);
            var encoded = string.Concat(System.Text.Encoding.UTF8.GetBytes(password).Select(letter => $"%{letter:X2}"));
            var url = $"postgresql+asyncpg://{address.UserInfo.Split(':')[0]}:{encoded}@{address.Authority.Split('@')[^1]}{address.AbsolutePath}?Maximum Pool Size=7&application_name=copy";
            var file = Path.Combine(folder.FullName, "orchestrator.dump");
            Task<(int Code, string Error)> backup = Task.FromResult((0, ""));
            await rooms.DoAsync(async connection =>
            {
                // The copy waits for this table, so there is time to look at it.
                await Dapper.SqlMapper.ExecuteAsync(connection, "lock table projects in access exclusive mode");
                backup = RunAsync(url, "backup", file);
                var end = DateTime.UtcNow + TimeSpan.FromSeconds(30);
                while (await rooms.ReadAsync<long>("select count(*) from pg_stat_activity where application_name = 'copy' and datname = current_database() and wait_event_type = 'Lock'") == 0)
                {
                    Assert.True(DateTime.UtcNow < end && !backup.IsCompleted, backup.IsCompleted ? (await backup).Error : "the copy never began");
                    await Task.Delay(20);
                }

                var arguments = Directory.EnumerateDirectories("/proc").Where(process => int.TryParse(Path.GetFileName(process), out _)).Select(Arguments).Where(line => line.Contains(file, StringComparison.Ordinal)).ToList();
                Assert.Contains(arguments, line => line.Contains("pg_dump", StringComparison.Ordinal));
                Assert.All(arguments, line => Assert.False(line.Contains(password, StringComparison.Ordinal) || line.Contains(encoded, StringComparison.Ordinal)));
            });
            var (code, error) = await backup;
            Assert.True(code == 0, error);
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), "others may read the copy");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Arguments(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return ""; // it ended while we looked
        }
    }

    // An idle connection in the pool is one as well, for whoever wants to rename the database.
    private static async Task LetGoAsync(Rooms rooms)
    {
        Npgsql.NpgsqlConnection.ClearAllPools();
        rooms.DataSource.Clear();
        await TestServer.FromEnvironment().ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{rooms.Url.Split('/')[^1]}'");
    }

    private static Task<(int Code, string Error)> RunAsync(Rooms rooms, string verb, string file) => RunAsync(rooms.Url, verb, file);

    private static async Task<(int Code, string Error)> RunAsync(string url, string verb, string file)
    {
        using var process = Process.Start(new ProcessStartInfo(Checkout.PathOf("run"), [verb, file]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true, Environment = { ["DATABASE_URL"] = url } })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}
