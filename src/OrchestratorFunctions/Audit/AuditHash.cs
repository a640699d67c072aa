using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrchestratorFunctions.Audit;

/// <summary>What an entry's hash is taken over: its fields, each preceded by its length, and the hash before it. So no field and no border between fields can change unseen.</summary>
internal static class AuditHash
{
    /// <summary>The hash of an entry at a place of a chain.</summary>
    /// <param name="actor">As stored: a person by the pseudonym.</param>
    /// <param name="previous">The hash of the entry before it in its chain; null for the first.</param>
    public static byte[] Of(Guid chain, long position, DateTimeOffset at, AuditEntry entry, string actor, string details, byte[]? previous) => Of(
    [
        chain.ToString(), Text(position), Text(at), entry.Action, actor, entry.ProjectId?.ToString() ?? "", details, entry.Result, entry.IpAddress ?? "", Convert.ToHexString(previous ?? []),
    ]);

    /// <summary>The hash of an entry of the one chain that there was first.</summary>
    public static byte[] OfFirstChain(long id, DateTimeOffset at, AuditEntry entry, string details, byte[]? previous) => Of(
    [
        Text(id), Text(at), entry.Action, entry.Actor, entry.ProjectId?.ToString() ?? "", details, entry.Result, Convert.ToHexString(previous ?? []),
    ]);

    private static byte[] Of(string[] fields)
    {
        var text = new StringBuilder();
        foreach (var field in fields)
        {
            text.Append(field.Length).Append(':').Append(field);
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(DateTimeOffset at) => at.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
}
