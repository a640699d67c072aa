using WireFailure = DurableTask.Wire.TaskFailureDetails;

namespace DurableTask.Wire;

// Failure details between the programming model and the wire.
internal static class Failures
{
    public static DurableTask.TaskFailureDetails From(WireFailure? failure) => failure is null
        ? new DurableTask.TaskFailureDetails("Unknown", "No reason was given.", null, null, IsNonRetriable: false)
        : new DurableTask.TaskFailureDetails(
            failure.ErrorType, failure.ErrorMessage, failure.StackTrace, failure.InnerFailure is null ? null : From(failure.InnerFailure), failure.IsNonRetriable);

    public static WireFailure To(DurableTask.TaskFailureDetails failure)
    {
        var wire = new WireFailure { ErrorType = failure.ErrorType, ErrorMessage = failure.ErrorMessage, StackTrace = failure.StackTrace, IsNonRetriable = failure.IsNonRetriable };
        if (failure.InnerFailure is { } inner)
        {
            wire.InnerFailure = To(inner);
        }

        return wire;
    }
}
