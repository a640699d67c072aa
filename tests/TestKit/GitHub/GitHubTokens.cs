using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace TestKit.GitHub;

/// <summary>Who calls: the account with its personal token, the app with its JWT, an installation with its token of an hour.</summary>
public sealed class GitHubTokens
{
    private readonly GitHubStandIn github;
    private readonly RSA key = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, (long Installation, DateTimeOffset Until, Dictionary<string, string> Granted)> installations = new(StringComparer.Ordinal);

    internal GitHubTokens(GitHubStandIn github) => this.github = github;

    public long AppId => 31337;

    /// <summary>The app's private key as PEM.</summary>
    public string PrivateKey => key.ExportRSAPrivateKeyPem();

    /// <summary>How long an installation's token lives.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>What the app is granted now: what its manifest asks for. A token has what there was when it was given.</summary>
    public IDictionary<string, string> Granted { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["issues"] = "write", ["pull_requests"] = "write", ["checks"] = "write", ["metadata"] = "read" };

    /// <summary>The app's installations that get into what they make: those of which all repositories are.</summary>
    public bool IsInstalledEverywhere { get; set; } = true;

    /// <summary>How many tokens were given out.</summary>
    public int Given => installations.Count;

    internal void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/app", context => IsApp(context) ? GitHubStandIn.WriteAsync(context, 200, new JsonObject { ["id"] = AppId, ["slug"] = github.OwnLogin, ["name"] = "Orchestrator" }) : GitHubStandIn.RefuseAsync(context, 401, "A JSON web token could not be decoded"));
        routes.MapPost("/app/installations/{id:long}/access_tokens", (HttpContext context, long id) =>
        {
            if (!IsApp(context))
            {
                return GitHubStandIn.RefuseAsync(context, 401, "A JSON web token could not be decoded");
            }

            if (github.Repositories.All(repository => repository.InstallationId != id))
            {
                return GitHubStandIn.RefuseAsync(context, 404, "Not Found");
            }

            var token = "ghs_" + RandomNumberGenerator.GetHexString(36);
            var until = TimeProvider.System.GetUtcNow() + Lifetime;
            installations[token] = (id, until, new Dictionary<string, string>(Granted, StringComparer.Ordinal));
            return GitHubStandIn.WriteAsync(context, 201, new JsonObject { ["token"] = token, ["expires_at"] = ShownComment.Time(until), ["permissions"] = new JsonObject(Granted.Select(grant => KeyValuePair.Create(grant.Key, (JsonNode?)grant.Value))) });
        });
        // Those of organisations; no person has one here.
        routes.MapGet("/orgs/{owner}/installation", (HttpContext context, string owner) => InstallationAsync(context, repository => repository.StartsWith(owner + "/", StringComparison.OrdinalIgnoreCase)));
        routes.MapGet("/users/{owner}/installation", (HttpContext context, string owner) => InstallationAsync(context, _ => false));
    }

    internal Task InstallationAsync(HttpContext context, string fullName) => InstallationAsync(context, repository => string.Equals(repository, fullName, StringComparison.OrdinalIgnoreCase));

    private Task InstallationAsync(HttpContext context, Func<string, bool> covers) =>
        !IsApp(context) ? GitHubStandIn.RefuseAsync(context, 401, "A JSON web token could not be decoded")
        : github.Repositories.FirstOrDefault(repository => covers(repository.FullName)) is { InstallationId: > 0 } found
            ? GitHubStandIn.WriteAsync(context, 200, new JsonObject { ["id"] = found.InstallationId, ["app_id"] = AppId })
            : GitHubStandIn.RefuseAsync(context, 404, "Not Found");

    internal bool IsPersonal(HttpContext context) => Token(context) == github.AccessToken;

    internal bool IsInstallation(HttpContext context) => installations.TryGetValue(Token(context), out var token) && token.Until > TimeProvider.System.GetUtcNow();

    internal bool IsKnown(HttpContext context) => IsPersonal(context) || IsInstallation(context);

    internal bool MaySee(HttpContext context, GitHubRepository repository) => IsPersonal(context) || (IsInstallation(context) && installations[Token(context)].Installation == repository.InstallationId);

    /// <summary>Whether the caller may do this; an account may what it likes.</summary>
    internal bool Grants(HttpContext context, string permission, string level) => IsPersonal(context) || installations[Token(context)].Granted.GetValueOrDefault(permission) == level;

    internal string LoginOf(HttpContext context) => IsPersonal(context) ? github.OwnLogin : $"{github.OwnLogin}[bot]";

    /// <summary>A JWT as GitHub takes it: RS256 by our key, from us, at most ten minutes long, valid now.</summary>
    internal bool IsApp(HttpContext context)
    {
        var parts = Token(context).Split('.');
        if (parts.Length != 3 || !key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
        {
            return false;
        }

        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!;
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var (from, until) = (claims["iat"]!.GetValue<long>(), claims["exp"]!.GetValue<long>());
        return claims["iss"]!.GetValue<string>() == AppId.ToString(System.Globalization.CultureInfo.InvariantCulture) && from <= now && until > now && until - now <= 600 &&
            JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!["alg"]!.GetValue<string>() == "RS256";
    }

    private static string Token(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.Ordinal) ? header[7..] : "";
    }
}
