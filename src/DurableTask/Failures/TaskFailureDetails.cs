namespace DurableTask;

/// <summary>An exception as it crosses the boundary between worker, history and orchestrator.</summary>
/// <param name="ErrorType">The full name of the exception's type.</param>
/// <param name="ErrorMessage">Its message. Must not contain secrets: it is stored and shown.</param>
/// <param name="StackTrace">Its stack trace, where kept; for operators, never for answers.</param>
/// <param name="InnerFailure">What caused it.</param>
/// <param name="IsNonRetriable">True when trying again cannot help; retry policies stop.</param>
public sealed record TaskFailureDetails(string ErrorType, string ErrorMessage, string? StackTrace, TaskFailureDetails? InnerFailure, bool IsNonRetriable)
{
    private const int DeepestInnerFailure = 8;

    /// <summary>Whether the failure was an exception of this type or one derived from it.</summary>
    /// <typeparam name="T">The exception's type.</typeparam>
    public bool IsCausedBy<T>() where T : Exception => IsCausedBy(typeof(T));

    /// <summary>Whether the failure was an exception of this type or one derived from it.</summary>
    /// <param name="exceptionType">The exception's type.</param>
    public bool IsCausedBy(Type exceptionType) =>
        ErrorType == exceptionType.FullName || (exceptionType.Assembly.GetType(ErrorType) ?? ExceptionTypes.Find(ErrorType)) is { } type && exceptionType.IsAssignableFrom(type);

    /// <summary>Describes an exception.</summary>
    /// <param name="exception">The exception.</param>
    public static TaskFailureDetails FromException(Exception exception) => FromException(exception, 0);

    /// <summary>Returns type and message.</summary>
    public override string ToString() => $"{ErrorType}: {ErrorMessage}";

    private static TaskFailureDetails FromException(Exception exception, int depth) => new(
        exception.GetType().FullName ?? exception.GetType().Name,
        exception.Message,
        exception.StackTrace,
        Inner(exception, depth),
        exception is PermanentFailureException or TaskFailedException { FailureDetails.IsNonRetriable: true });

    // A failed task's details are the inner failure, so that nothing is lost when a failure passes through a parent.
    private static TaskFailureDetails? Inner(Exception exception, int depth) =>
        depth >= DeepestInnerFailure ? null
        : exception is TaskFailedException failed ? failed.FailureDetails
        : exception.InnerException is { } inner ? FromException(inner, depth + 1)
        : null;
}
