namespace OrchestratorFunctions.Scar.Wire;

/// <summary>Why the coding agent gave no usable answer, named by what is known of the request.</summary>
internal enum ScarFault
{
    /// <summary>No connection came about, so nothing was sent.</summary>
    Refused,

    /// <summary>The connection broke or the answer took too long; the request may have arrived.</summary>
    NoAnswer,

    /// <summary>It answered with a server's error.</summary>
    Broken,

    /// <summary>It answered with something that is not its protocol.</summary>
    Unreadable,
}

/// <summary>The coding agent gave no usable answer; trying again may help.</summary>
internal sealed class ScarException(ScarFault fault, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public ScarFault Fault { get; } = fault;
}
