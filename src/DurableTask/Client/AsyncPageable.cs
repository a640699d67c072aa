using System.Runtime.CompilerServices;

namespace DurableTask;

/// <summary>One page of a listing.</summary>
/// <param name="Values">What is on it; may be empty.</param>
/// <param name="ContinuationToken">Where the next page begins; null = this is the last one.</param>
/// <typeparam name="T">What is listed.</typeparam>
public sealed record Page<T>(IReadOnlyList<T> Values, string? ContinuationToken = null) where T : notnull;

/// <summary>A listing that is read as far as it is enumerated, one by one or page by page.</summary>
/// <typeparam name="T">What is listed.</typeparam>
public abstract class AsyncPageable<T> : IAsyncEnumerable<T> where T : notnull
{
    /// <summary>Enumerates whole pages.</summary>
    /// <param name="continuationToken">Where to begin; null = where the query says.</param>
    /// <param name="pageSizeHint">How many a page; null = what the query says.</param>
    public abstract IAsyncEnumerable<Page<T>> AsPages(string? continuationToken = null, int? pageSizeHint = null);

    /// <inheritdoc />
    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await foreach (var page in AsPages().WithCancellation(cancellationToken))
        {
            foreach (var value in page.Values)
            {
                yield return value;
            }
        }
    }
}

// A listing over a store that reads one page at a time: from a token (null = the beginning), so many at most.
internal sealed class Pages<T>(string? start, int pageSize, Func<string?, int, CancellationToken, Task<Page<T>>> read) : AsyncPageable<T> where T : notnull
{
    public override IAsyncEnumerable<Page<T>> AsPages(string? continuationToken = null, int? pageSizeHint = null)
    {
        var size = pageSizeHint ?? pageSize;
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1, nameof(pageSizeHint));
        return ReadAsync(continuationToken ?? start, size);
    }

    private async IAsyncEnumerable<Page<T>> ReadAsync(string? token, int size, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        do
        {
            var page = await read(token, size, cancellation);
            yield return page;
            token = page.ContinuationToken;
        }
        while (token is not null);
    }
}
