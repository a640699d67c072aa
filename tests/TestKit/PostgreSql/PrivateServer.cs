using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace TestKit.PostgreSql;

/// <summary>A PostgreSQL server of one test's own, which it may restart as it likes: a fresh cluster with default settings, on 127.0.0.1, deleted on disposal.</summary>
public sealed class PrivateServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string folder = Directory.CreateTempSubdirectory("orchestrator-postgresql-").FullName;
    private readonly string password = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private readonly int port = FreePort();

    private PrivateServer()
    {
    }

    /// <summary>The connection string of a database of it.</summary>
    /// <param name="database">Its name.</param>
    public string ConnectionString(string database = "postgres") => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1", Port = port, Database = database, Username = "orchestrator", Password = password, Timeout = 30, CommandTimeout = 30,
    }.ConnectionString;

    /// <summary>Makes a cluster and starts it.</summary>
    public static async Task<PrivateServer> StartAsync()
    {
        var server = new PrivateServer();
        var secret = Path.Combine(server.folder, "secret");
        await File.WriteAllTextAsync(secret, server.password);
        if (Environment.IsPrivilegedProcess)
        {
            // The server refuses to run as root.
            await RunAsync("chown", "-R", "postgres", server.folder);
        }

        await server.RunAsOwnerAsync("initdb", "-D", server.Cluster, "-U", "orchestrator", "-A", "scram-sha-256", $"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8");
        await server.ControlAsync("start");
        return server;
    }

    /// <summary>Stops it without a checkpoint, as a power cut would, and starts it again: it recovers from its log.</summary>
    public async Task CrashAndRestartAsync()
    {
        await ControlAsync("stop", "-m", "immediate");
        await ControlAsync("start");
    }

    public async ValueTask DisposeAsync()
    {
        await ControlAsync("stop", "-m", "immediate");
        Directory.Delete(folder, recursive: true);
    }

    private string Cluster => Path.Combine(folder, "cluster");

    private Task ControlAsync(string verb, params string[] more) => RunAsOwnerAsync(
        "pg_ctl",
        [verb, "-D", Cluster, "-w", "-t", "60", "-l", Path.Combine(folder, "log"), .. verb == "start" ? new[] { "-o", $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=300" } : more]);

    private Task RunAsOwnerAsync(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(Programs(), program), .. arguments];
        return Environment.IsPrivilegedProcess ? RunAsync("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--", .. command]) : RunAsync(command[0], command[1..]);
    }

    // Debian keeps the server's programs together, out of PATH.
    private static string Programs() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").OrderBy(version => double.Parse(Path.GetFileName(version), System.Globalization.CultureInfo.InvariantCulture)).Last() + "/bin"
        : "";

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = "/", UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        // The server that pg_ctl starts keeps the pipes: they never end.
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var errors = new System.Text.StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        using var deadline = new CancellationTokenSource(Patience);
        while (!process.HasExited)
        {
            await Task.Delay(20, deadline.Token);
        }

        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors}");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
