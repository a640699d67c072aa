using Microsoft.Extensions.Logging;
using OrchestratorFunctions.Operations.Logs;

namespace OrchestratorFunctions.Tests.Operations.Logs;

public sealed class LogFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("logs").FullName;

    private string Path => System.IO.Path.Combine(folder, "deeper", "app.log");

    [Fact]
    public void Lines_are_appended_over_restarts()
    {
        using (var first = new LineFile(Path))
        {
            Assert.True(first.Append("one\n"));
        }

        using (var second = new LineFile(Path))
        {
            Assert.True(second.Append("two\n"));
        }

        Assert.Equal("one\ntwo\n", File.ReadAllText(Path));
    }

    [Fact]
    public void A_full_file_is_put_aside_and_five_of_them_are_kept()
    {
        using var file = new LineFile(Path);
        var twentyMegabytes = new string('x', (20 * 1024 * 1024) + 1) + "\n";
        for (var number = 0; number < 7; number++)
        {
            Assert.True(file.Append(twentyMegabytes));
        }

        Assert.True(file.Append("last\n"));
        Assert.Equal(["app.log", "app.log.1", "app.log.2", "app.log.3", "app.log.4", "app.log.5"], Directory.GetFiles(System.IO.Path.GetDirectoryName(Path)!).Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(5, new FileInfo(Path).Length);
    }

    [Fact]
    public void A_full_disk_costs_nothing_but_the_line()
    {
        using var file = new LineFile("/dev/full");
        Assert.False(file.Append("lost\n"));
    }

    [Fact]
    public void A_second_process_is_refused_the_file()
    {
        using var first = new LineFile(Path);
        using var second = new LineFile(Path);
        Assert.True(first.Append("one\n"));
        Assert.False(second.Append("two\n"));
    }

    [Fact]
    public void The_level_changes_while_the_app_runs_and_libraries_only_warn()
    {
        var levels = new LogLevels();
        Assert.False(levels.Takes("OrchestratorFunctions.Inbox.Intake", LogLevel.Debug));
        levels.Minimum = LogLevel.Debug;
        Assert.True(levels.Takes("OrchestratorFunctions.Inbox.Intake", LogLevel.Debug));
        Assert.False(levels.Takes("Npgsql.Command", LogLevel.Information));
        Assert.True(levels.Takes("Npgsql.Command", LogLevel.Warning));
        levels.Minimum = LogLevel.Error;
        Assert.False(levels.Takes("Npgsql.Command", LogLevel.Warning));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
