namespace OrchestratorFunctions.GitHub.Api;

/// <summary>What to do about a call that GitHub did not carry out.</summary>
internal enum GitHubFault
{
    /// <summary>It is down, slow or unreachable: again later.</summary>
    Unavailable,

    /// <summary>A primary or secondary rate limit: again after <see cref="GitHubException.RetryAfter"/>.</summary>
    RateLimited,

    /// <summary>Our token or key is not accepted: again when the operator has changed it.</summary>
    Unauthorized,

    /// <summary>Our token or installation may not do this here, or the conversation is locked.</summary>
    Forbidden,

    /// <summary>It is not there, or we may not see it.</summary>
    NotFound,

    /// <summary>It is somewhere else now: the repository was renamed or transferred.</summary>
    Moved,

    /// <summary>The request itself is refused for good.</summary>
    Refused,
}

/// <summary>A call that GitHub did not carry out.</summary>
internal sealed class GitHubException(GitHubFault fault, string message, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    public GitHubFault Fault => fault;

    /// <summary>How long GitHub asks us to wait; null when it does not say.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>The number of the repository that was asked for under an old name; null when GitHub does not say.</summary>
    public long? MovedTo { get; init; }

    /// <summary>Whether GitHub answered at all: when not, nobody knows whether it carried the call out.</summary>
    public bool WasAnswered => InnerException is null;

    /// <summary>Whether the same call may work later without anybody doing anything.</summary>
    public bool IsPassing => fault is GitHubFault.Unavailable or GitHubFault.RateLimited or GitHubFault.Unauthorized;
}
