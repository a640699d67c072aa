using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OrchestratorFunctions.Operations.Live;

/// <summary>Notes at each start which settings differ from the last one, so that a change by environment is in the audit trail like one by verb.</summary>
internal sealed class SettingsWatch(
    LiveSettingStore store, IEnumerable<BoundSettings> bound, IConfiguration configuration, IHostApplicationLifetime lifetime, ILogger<SettingsWatch> logger) : BackgroundService
{
    // Differs between processes of one installation, which are no change of it.
    private static readonly string[] OfOneProcess = ["PORT"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Nobody's start waits for it.
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var whenStarted = lifetime.ApplicationStarted.Register(started.SetResult);
        try
        {
            await started.Task.WaitAsync(stoppingToken);
            await store.NoteAsync(Checks(), stoppingToken);
        }
        catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
        {
            logger.LogWarning("Whether settings changed since the last start could not be noted: {Reason}", fault.Message);
        }
        catch (OperationCanceledException)
        {
            // The app ends before it has begun.
        }
    }

    // For each setting of ours that is given, 16 bits of a hash of its value.
    private Dictionary<string, int> Checks() => SettingNames.Of(bound).Except(OfOneProcess, StringComparer.Ordinal)
        .Where(name => !string.IsNullOrWhiteSpace(configuration[name]))
        .ToDictionary(name => name, name => (int)BinaryPrimitives.ReadUInt16LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{name}={configuration[name]!.Trim()}"))), StringComparer.Ordinal);
}
