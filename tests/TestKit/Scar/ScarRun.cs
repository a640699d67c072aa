namespace TestKit.Scar;

/// <summary>One run of the agent: what a script is given, and how it speaks. What it says after a restart of SCAR is heard by nobody.</summary>
public sealed class ScarRun
{
    private readonly List<string> texts = [];
    private readonly bool batch;
    private readonly Action<string> emit;

    internal ScarRun(string conversationId, string command, IReadOnlyList<string> words, string prompt, ScarRepository repository, string workingDirectory, bool batch, Action<string> emit)
    {
        (ConversationId, Command, Words, Prompt, Repository, WorkingDirectory) = (conversationId, command, words, prompt, repository, workingDirectory);
        (this.batch, this.emit) = (batch, emit);
        StartedAt = TimeProvider.System.GetUtcNow();
    }

    public string ConversationId { get; }

    /// <summary>The command's name; empty for free text.</summary>
    public string Command { get; }

    /// <summary>The arguments as SCAR split them.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>The command file after SCAR has put the arguments in: what the model reads.</summary>
    public string Prompt { get; }

    /// <summary>$ARGUMENTS.</summary>
    public string Arguments => string.Join(' ', Words);

    public ScarRepository Repository { get; }

    public string WorkingDirectory { get; }

    public DateTimeOffset StartedAt { get; }

    public DateTimeOffset? EndedAt { get; internal set; }

    public ScarFailure? Failure { get; internal set; }

    /// <summary>Ends when the stand-in is disposed, so that no script outlives its test.</summary>
    public CancellationToken CancellationToken { get; internal init; }

    /// <summary>A finished text block.</summary>
    public void Say(string text)
    {
        lock (texts)
        {
            texts.Add(text);
        }

        if (!batch)
        {
            emit(text);
        }
    }

    /// <summary>A tool line, for example ("BASH", "ls -la"); batch mode does not show it.</summary>
    public void Tool(string name, string detail)
    {
        if (!batch)
        {
            emit($"🔧 {name.ToUpperInvariant()}\n{(detail.Length > 100 ? detail[..100] + "..." : detail)}");
        }
    }

    /// <summary>The sign of life that batch mode gives once a minute.</summary>
    public void Heartbeat(int minutes, int calls)
    {
        if (batch)
        {
            emit($"⏱️ Still working... ({minutes}m 0s, {calls} tool calls)");
        }
    }

    /// <summary>Ends the run badly.</summary>
    public void Fail(ScarFailure failure) => throw new ScarRunFailedException(failure);

    /// <summary>Reads an address given in the arguments, as the agent's curl would.</summary>
    public async Task<string> FetchAsync(string address)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        using var response = await http.GetAsync(new Uri(address), CancellationToken);
        var body = await response.Content.ReadAsStringAsync(CancellationToken);
        return response.IsSuccessStatusCode ? body : throw new HttpRequestException($"{(int)response.StatusCode} for {address}: {body}", inner: null, response.StatusCode);
    }

    internal void End(ScarFailure? failure)
    {
        if (failure is null && batch)
        {
            var whole = string.Join("\n\n---\n\n", texts.Select(WithoutMarked).Where(text => text.Length > 0));
            if (whole.Length > 0)
            {
                emit(whole);
            }
        }

        if (failure is { Reason: { } reason } && (!batch || failure.ReasonInBatch))
        {
            emit(reason);
        }

        if (failure is not null)
        {
            emit(failure.Last);
        }

        (Failure, EndedAt) = (failure, TimeProvider.System.GetUtcNow());
    }

    // Batch mode takes a paragraph that opens with one of these for a tool line and drops it.
    private static string WithoutMarked(string text) =>
        string.Join("\n\n", text.Split("\n\n").Where(paragraph => !new[] { "🔧", "💭", "📝", "✏️", "🗑️", "📂", "🔍" }.Any(mark => paragraph.StartsWith(mark, StringComparison.Ordinal))));
}
