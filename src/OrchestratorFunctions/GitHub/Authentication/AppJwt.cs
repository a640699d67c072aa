using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OrchestratorFunctions.GitHub.Authentication;

/// <summary>The token by which a GitHub App proves that it is itself: a JWT, signed RS256 with its private key. Pure.</summary>
internal static class AppJwt
{
    // GitHub takes at most ten minutes, and asks for a beginning in the past against clocks that differ.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(9);

    public static string Create(long appId, RSA key, DateTimeOffset now)
    {
        var head = Encode("""{"alg":"RS256","typ":"JWT"}""");
        var claims = Encode($$"""{"iat":{{(now - ClockSkew).ToUnixTimeSeconds()}},"exp":{{(now + Lifetime).ToUnixTimeSeconds()}},"iss":"{{appId}}"}""");
        var signature = key.SignData(Encoding.ASCII.GetBytes($"{head}.{claims}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{head}.{claims}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
