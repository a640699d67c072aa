using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrchestratorFunctions.GitHub.Api;

/// <summary>An answer of the REST API.</summary>
/// <param name="Next">The next page, when there is one.</param>
internal sealed record GitHubAnswer<T>(T Body, Uri? Next);

/// <summary>
/// The one way in which we call GitHub's REST API: one writing call at a time, as its guide to rate limits asks, and none at all while
/// a limit holds. It says what came of a call by <see cref="GitHubFault"/>, and never repeats anything by itself.
/// </summary>
internal sealed class GitHubHttp(IHttpClientFactory clients, TimeProvider time) : IDisposable
{
    public const string ClientName = "github";

    // GitHub's guide: at least a minute after a secondary limit that does not say for how long.
    private static readonly TimeSpan UnnamedLimit = TimeSpan.FromMinutes(1);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly SemaphoreSlim writing = new(1);
    private readonly Dictionary<string, DateTimeOffset> limits = new(StringComparer.Ordinal);

    /// <summary>Calls, and reads the answer.</summary>
    /// <param name="method">The HTTP method; all but GET write.</param>
    /// <param name="path">Below the base address, or an absolute address below it that GitHub gave us.</param>
    /// <param name="token">Who calls; null for what everybody may ask.</param>
    /// <param name="body">Sent as JSON in snake_case; null for none.</param>
    /// <exception cref="GitHubException">GitHub did not carry it out.</exception>
    public async Task<GitHubAnswer<T>> SendAsync<T>(HttpMethod method, string path, string? token, object? body, CancellationToken cancellationToken)
    {
        if (method == HttpMethod.Get)
        {
            return await CallAsync<T>(method, path, token, body, cancellationToken);
        }

        await writing.WaitAsync(cancellationToken);
        try
        {
            return await CallAsync<T>(method, path, token, body, cancellationToken);
        }
        finally
        {
            writing.Release();
        }
    }

    public void Dispose() => writing.Dispose();

    private async Task<GitHubAnswer<T>> CallAsync<T>(HttpMethod method, string path, string? token, object? body, CancellationToken cancellationToken)
    {
        ObeyLimit(token);
        using var http = clients.CreateClient(ClientName);
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.RelativeOrAbsolute));
        // Our token is for GitHub alone, whatever an answer names as its next page.
        if (request.RequestUri!.IsAbsoluteUri && !http.BaseAddress!.IsBaseOf(request.RequestUri))
        {
            throw new GitHubException(GitHubFault.Refused, "GitHub named an address outside of GITHUB_API_BASE_URL.");
        }

        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        request.Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: Json);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw await FaultAsync(response, token, cancellationToken);
            }

            var empty = response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.Accepted || typeof(T) == typeof(Nothing);
            return new GitHubAnswer<T>(empty ? default! : (await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken))!, NextPage(response));
        }
        catch (Exception fault) when (fault is HttpRequestException or JsonException or IOException || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new GitHubException(GitHubFault.Unavailable, $"GitHub does not answer ({fault.GetType().Name})", inner: fault);
        }
    }

    // Calling on while a limit holds may get an integration banned, so the limit is kept here and not only where it was met.
    private void ObeyLimit(string? token)
    {
        lock (limits)
        {
            if (limits.TryGetValue(token ?? "", out var until) && until > time.GetUtcNow())
            {
                throw new GitHubException(GitHubFault.RateLimited, "GitHub's rate limit holds", until - time.GetUtcNow());
            }

            limits.Remove(token ?? "");
        }
    }

    private async Task<GitHubException> FaultAsync(HttpResponseMessage response, string? token, CancellationToken cancellationToken)
    {
        var message = $"GitHub says {(int)response.StatusCode}: {await MessageAsync(response, cancellationToken)}";
        if (response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests && LimitOf(response, message) is { } wait)
        {
            lock (limits)
            {
                limits[token ?? ""] = time.GetUtcNow() + wait;
            }

            return new GitHubException(GitHubFault.RateLimited, message, wait);
        }

        return new GitHubException(
            response.StatusCode switch
            {
                HttpStatusCode.Unauthorized => GitHubFault.Unauthorized,
                HttpStatusCode.Forbidden => GitHubFault.Forbidden,
                HttpStatusCode.NotFound or HttpStatusCode.Gone => GitHubFault.NotFound,
                HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect => GitHubFault.Moved,
                HttpStatusCode.RequestTimeout or HttpStatusCode.Conflict => GitHubFault.Unavailable,
                >= HttpStatusCode.InternalServerError => GitHubFault.Unavailable,
                _ => GitHubFault.Refused,
            },
            message) { MovedTo = NumberOf(response.Headers.Location) };
    }

    // …/repositories/1300192/…
    private static long? NumberOf(Uri? location) =>
        location?.OriginalString.Split('/') is { } parts && Array.IndexOf(parts, "repositories") is var at and >= 0 && at + 1 < parts.Length &&
        long.TryParse(parts[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    private TimeSpan? LimitOf(HttpResponseMessage response, string message)
    {
        if (response.Headers.RetryAfter is { } after)
        {
            return after.Delta ?? (after.Date is { } date ? Positive(date - time.GetUtcNow()) : UnnamedLimit);
        }

        if (Number(response, "x-ratelimit-remaining") == 0 && Number(response, "x-ratelimit-reset") is { } reset)
        {
            return Positive(DateTimeOffset.FromUnixTimeSeconds(reset) - time.GetUtcNow());
        }

        return response.StatusCode == HttpStatusCode.TooManyRequests || message.Contains("rate limit", StringComparison.OrdinalIgnoreCase) || message.Contains("abuse", StringComparison.OrdinalIgnoreCase)
            ? UnnamedLimit
            : null;
    }

    private static TimeSpan Positive(TimeSpan wait) => wait > TimeSpan.FromSeconds(1) ? wait : TimeSpan.FromSeconds(1);

    private static long? Number(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values) && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 253402300800 ? number : null;

    private static async Task<string> MessageAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(text);
            text = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("message", out var message) ? message.ToString() : "";
        }
        catch (JsonException)
        {
            text = ""; // a proxy's page
        }

        return text.Length <= 300 ? text : text[..300];
    }

    private static Uri? NextPage(HttpResponseMessage response)
    {
        foreach (var link in response.Headers.TryGetValues("Link", out var values) ? values.SelectMany(value => value.Split(',')) : [])
        {
            var (open, close) = (link.IndexOf('<', StringComparison.Ordinal), link.IndexOf('>', StringComparison.Ordinal));
            if (link.Contains("rel=\"next\"", StringComparison.Ordinal) && open >= 0 && close > open && Uri.TryCreate(link[(open + 1)..close], UriKind.Absolute, out var next))
            {
                return next;
            }
        }

        return null;
    }
}

/// <summary>An answer whose body nobody reads.</summary>
internal sealed record Nothing;
