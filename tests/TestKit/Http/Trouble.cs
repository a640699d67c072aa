namespace TestKit.Http;

/// <summary>What goes wrong with a stand-in's HTTP on request. Each may be limited to calls whose method and path, such as "POST /repos/…", contain a text.</summary>
public sealed class Trouble
{
    private readonly Lock gate = new();
    private readonly Signal changes;
    private readonly List<Failure> failures = [];
    private Holding? held;
    private int waiting;
    private TimeSpan delay;
    private string? delayed;

    internal Trouble(Signal changes) => this.changes = changes;

    private sealed record Failure(string? On, int Status, string Body, string ContentType, int? RetryAfter)
    {
        public int Left { get; set; }
    }

    private sealed record Holding(string? On, bool CarriedOut, TaskCompletionSource Released);

    /// <summary>How many calls are held now.</summary>
    public int Held => Volatile.Read(ref waiting);

    /// <summary>Calls wait, unanswered, until <see cref="Release"/>.</summary>
    /// <param name="on">Which; null: all.</param>
    /// <param name="carriedOut">True: what they ask for is done at once, and only the answer waits.</param>
    public void Hold(string? on = null, bool carriedOut = false)
    {
        lock (gate)
        {
            held = new Holding(on, carriedOut, held?.Released ?? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }

    public void Release()
    {
        lock (gate)
        {
            held?.Released.TrySetResult();
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
            (delay, delayed) = (time, on);
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
        var call = $"{context.Request.Method} {context.Request.Path}";
        await WaitAsync(call, context);
        if (Next(call) is not { } failure)
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

    private async Task WaitAsync(string call, HttpContext context)
    {
        Holding? holding;
        TimeSpan wait;
        lock (gate)
        {
            holding = held is not null && Matches(held.On, call) ? held : null;
            wait = Matches(delayed, call) ? delay : TimeSpan.Zero;
        }

        if (holding is { CarriedOut: true })
        {
            context.Response.OnStarting(() => WaitAsync(holding, context.RequestAborted));
        }
        else if (holding is not null)
        {
            await WaitAsync(holding, context.RequestAborted);
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, context.RequestAborted);
        }
    }

    private async Task WaitAsync(Holding holding, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref waiting);
        changes.Pulse();
        try
        {
            await holding.Released.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
            changes.Pulse();
        }
    }

    private Failure? Next(string call)
    {
        lock (gate)
        {
            var failure = failures.Find(item => item.Left > 0 && Matches(item.On, call));
            if (failure is not null && --failure.Left == 0)
            {
                failures.Remove(failure);
            }

            return failure;
        }
    }

    private static bool Matches(string? on, string call) => on is null || call.Contains(on, StringComparison.OrdinalIgnoreCase);
}
