using System.Runtime.InteropServices;
using OrchestratorFunctions.Operations.Logs;

namespace OrchestratorFunctions.Tests.Operations.Logs;

/// <summary>A disk that fills up in the middle of a line: here the process's own limit on the size of files, which fails the same way. Runs alone, since the limit holds for the whole process.</summary>
[Collection("Console")]
public sealed class FullDiskTests
{
    private const int FileSize = 1;
    private const int TooLarge = 25;

    [Fact]
    public void Half_a_line_is_taken_back_so_that_the_next_one_stands_alone()
    {
        var folder = Directory.CreateTempSubdirectory("logs");
        try
        {
            var path = Path.Combine(folder.FullName, "audit.log");
            using var file = new LineFile(path);
            Assert.True(file.Append("first\n"));
            // Without somebody who hears it, the signal ends the process; it comes by a thread of its own.
            using var heard = new ManualResetEventSlim();
            using var signal = PosixSignalRegistration.Create((PosixSignal)TooLarge, context =>
            {
                context.Cancel = true;
                heard.Set();
            });
            Assert.Equal(0, GetLimit(FileSize, out var before));
            var limit = before with { Current = 1024 * 1024 };
            Assert.Equal(0, SetLimit(FileSize, in limit));
            try
            {
                Assert.False(file.Append(new string('x', 2 * 1024 * 1024) + "\n"));
            }
            finally
            {
                Assert.Equal(0, SetLimit(FileSize, in before));
            }

            Assert.True(heard.Wait(TimeSpan.FromSeconds(20)), "the limit was never met");
            Assert.True(file.Append("last\n"));
            // Until then nobody else may open it.
            file.Dispose();
            Assert.Equal("first\nlast\n", File.ReadAllText(path));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [DllImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetLimit(int resource, out Limit limit);

    [DllImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(ulong Current, ulong Most);
}
