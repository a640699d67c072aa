using System.Security.Cryptography;
using System.Text;

namespace OrchestratorFunctions.GitHub.Webhook;

/// <summary>What became of a signature.</summary>
internal enum SignatureVerdict
{
    /// <summary>Made with one of our secrets over exactly this body.</summary>
    Valid,

    /// <summary>There is none.</summary>
    Missing,

    /// <summary>It is not <c>sha256=</c> and 64 hex digits.</summary>
    Malformed,

    /// <summary>It belongs to another body or another secret.</summary>
    Mismatch,
}

/// <summary>Judges <c>X-Hub-Signature-256</c>: HMAC-SHA256 over the raw bytes, compared in constant time. Pure. The older <c>X-Hub-Signature</c> (SHA-1) counts for nothing.</summary>
internal static class WebhookSignature
{
    public const string Header = "X-Hub-Signature-256";
    private const string Prefix = "sha256=";

    /// <summary>Judges the form alone, before a body is read.</summary>
    public static SignatureVerdict? JudgeForm(string? header) =>
        string.IsNullOrEmpty(header) ? SignatureVerdict.Missing : TryRead(header, stackalloc byte[SHA256.HashSizeInBytes]) ? null : SignatureVerdict.Malformed;

    /// <summary>Judges a signature. Several secrets are valid at once while one replaces another; none at all makes every signature a mismatch.</summary>
    public static SignatureVerdict Judge(ReadOnlySpan<byte> body, string? header, IReadOnlyList<string> secrets)
    {
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> ours = stackalloc byte[SHA256.HashSizeInBytes];
        if (string.IsNullOrEmpty(header))
        {
            return SignatureVerdict.Missing;
        }

        if (!TryRead(header, given))
        {
            return SignatureVerdict.Malformed;
        }

        // All are tried, so that the time does not tell which one fits.
        var fits = false;
        foreach (var secret in secrets)
        {
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body, ours);
            fits |= secret.Length > 0 & CryptographicOperations.FixedTimeEquals(given, ours);
        }

        return fits ? SignatureVerdict.Valid : SignatureVerdict.Mismatch;
    }

    private static bool TryRead(string header, Span<byte> signature) =>
        header.Length == Prefix.Length + (2 * SHA256.HashSizeInBytes) && header.StartsWith(Prefix, StringComparison.Ordinal) &&
        Convert.FromHexString(header.AsSpan(Prefix.Length), signature, out _, out _) == System.Buffers.OperationStatus.Done;
}
