using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace OrchestratorFunctions.Api;

/// <summary>Who a bearer token belongs to. Asked at every call, so that a token that was revoked a moment ago is none.</summary>
internal sealed class ApiAccess(IOptions<ApiOptions> options, ApiTokenStore store)
{
    private const string Scheme = "Bearer ";
    private const int LongestToken = 200;

    /// <summary>A new token: 256 random bits behind a prefix that scanners for leaked secrets can find.</summary>
    public static string NewToken() => $"orch_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";

    /// <summary>What is kept of a token. It has too many bits to be guessed, so a plain hash is enough.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <param name="header">The Authorization header.</param>
    public async Task<ApiCaller?> FindAsync(string? header, CancellationToken cancellationToken)
    {
        if (header is null || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || header.Length > Scheme.Length + LongestToken)
        {
            return null;
        }

        var hash = Hash(header[Scheme.Length..].Trim());
        // Every given token is compared, so that the time tells nothing about which one was nearly right.
        ApiCaller? given = null;
        foreach (var (token, caller) in options.Value.Given())
        {
            given = CryptographicOperations.FixedTimeEquals(hash, Hash(token)) ? caller : given;
        }

        return given ?? await store.FindAsync(hash, cancellationToken);
    }
}
