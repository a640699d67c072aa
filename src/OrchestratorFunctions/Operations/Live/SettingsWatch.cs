using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OrchestratorFunctions.Operations.Live;

/// <summary>
/// Notes after each start which settings differ from the last one, so that a change by environment is in the audit trail like one by verb. With the first sweep: no start waits for
/// it, and of many processes that only serve HTTP under the Functions host none asks the database for it.
/// </summary>
internal sealed class SettingsWatch(LiveSettingStore store, IEnumerable<BoundSettings> bound, IConfiguration configuration) : ISweep
{
    // Differs between processes of one installation, which are no change of it.
    private static readonly string[] OfOneProcess = ["PORT"];
    private bool noted;

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (!noted)
        {
            await store.NoteAsync(Checks(), cancellationToken);
            noted = true;
        }
    }

    // For each setting of ours that is given, 16 bits of a hash of its value.
    private Dictionary<string, int> Checks() => SettingNames.Of(bound).Except(OfOneProcess, StringComparer.Ordinal)
        .Where(name => !string.IsNullOrWhiteSpace(configuration[name]))
        .ToDictionary(name => name, name => (int)BinaryPrimitives.ReadUInt16LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{name}={configuration[name]!.Trim()}"))), StringComparer.Ordinal);
}
