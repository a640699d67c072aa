namespace TestKit.Http;

/// <summary>What goes wrong with a stand-in's HTTP on request. Each may be limited to paths that contain a text.</summary>
public sealed class Trouble
{
    private readonly Lock gate = new();
    private readonly List<Failure> failures = [];
    private TaskCompletionSource? held;
    private string? heldPath;
    private TimeSpan delay;
    private string? delayedPath;

    private sealed record Failure(string? On, int Status, string Body, string ContentType, int? RetryAfter)
    {
        public int Left { get; set; }
    }

    /// <summary>Calls wait, unanswered, until <see cref="Release"/>.</summary>
    public void Hold(string? on = null)
    {
        lock (gate)
        {
            (held, heldPath) = (held ?? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), on);
        }
    }

    public void Release()
    {
        lock (gate)
        {
            held?.TrySetResult();
            held = null;
        }
    }

    /// <summary>The next <paramref name="count"/> calls are answered with this; status 0 cuts the connection.</summary>
    public void Fail(int count, int status, string body = "", string? on = null, string contentType = "application/json", int? retryAfter = null)
    {
        lock (gate)
        {
            failures.Add(new Failure(on, status, body, contentType, retryAfter) { Left = count });
        }
    }

    /// <summary>The next calls lose their connection without an answer.</summary>
    public void Cut(int count = 1, string? on = null) => Fail(count, 0, on: on);

    /// <summary>Every call is answered this much later; zero ends it.</summary>
    public void Delay(TimeSpan time, string? on = null)
    {
        lock (gate)
        {
            (delay, delayedPath) = (time, on);
        }
    }

    /// <summary>Ends every trouble.</summary>
    public void End()
    {
        Release();
        lock (gate)
        {
            failures.Clear();
            delay = TimeSpan.Zero;
        }
    }

    /// <summary>True when the call has been dealt with and the stand-in must not see it.</summary>
    internal async Task<bool> HappensAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        await WaitAsync(path, context.RequestAborted);
        if (Next(path) is not { } failure)
        {
            return false;
        }

        if (failure.Status == 0)
        {
            context.Abort();
            return true;
        }

        context.Response.StatusCode = failure.Status;
        context.Response.ContentType = failure.ContentType;
        if (failure.RetryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        await context.Response.WriteAsync(failure.Body, context.RequestAborted);
        return true;
    }

    private async Task WaitAsync(string path, CancellationToken cancellationToken)
    {
        Task? release;
        TimeSpan wait;
        lock (gate)
        {
            release = Matches(heldPath, path) ? held?.Task : null;
            wait = Matches(delayedPath, path) ? delay : TimeSpan.Zero;
        }

        if (release is not null)
        {
            await release.WaitAsync(cancellationToken);
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, cancellationToken);
        }
    }

    private Failure? Next(string path)
    {
        lock (gate)
        {
            var failure = failures.Find(item => item.Left > 0 && Matches(item.On, path));
            if (failure is not null && --failure.Left == 0)
            {
                failures.Remove(failure);
            }

            return failure;
        }
    }

    private static bool Matches(string? on, string path) => on is null || path.Contains(on, StringComparison.OrdinalIgnoreCase);
}
