namespace OrchestratorFunctions.GitHub.Api;

/// <summary>
/// Writes something on GitHub once, although a process may die between the call and our note of it: the call is claimed first, and what
/// may be there already is looked for by the hidden mark that it carries.
/// </summary>
internal sealed class OncePosting(PostStore store)
{
    /// <summary>GitHub's number of what is there now; null: somebody else may still be at it, so ask again in a while.</summary>
    /// <param name="key">Names it for good.</param>
    /// <param name="find">Looks for what an earlier call made; told whether there may have been one.</param>
    /// <param name="make">Makes it.</param>
    /// <exception cref="GitHubException">GitHub did not carry it out.</exception>
    public async Task<long?> PostAsync(string key, Func<bool, Task<long?>> find, Func<Task<long>> make, CancellationToken cancellationToken)
    {
        var claim = await store.ClaimAsync(key, cancellationToken);
        if (claim.Result is not null || !claim.IsOurs)
        {
            return claim.Result;
        }

        var begun = false;
        try
        {
            var there = await find(claim.Before);
            begun = there is null;
            var number = there ?? await make();
            await store.DoneAsync(key, number, CancellationToken.None);
            return number;
        }
        catch (Exception fault) when (!begun || fault is GitHubException { WasAnswered: true })
        {
            // A server's error may come after the work was done.
            await store.ReleaseAsync(key, mayBeThere: claim.Before || (begun && fault is GitHubException { Fault: GitHubFault.Unavailable }), CancellationToken.None);
            throw;
        }
    }
}
