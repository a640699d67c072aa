namespace TestKit.Http;

/// <summary>One call that a stand-in received.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path without query; a bot token in it is masked.</param>
/// <param name="Body">The body as text, at most 64 KiB of it.</param>
/// <param name="Status">What was answered; 0 while it is being answered or when the connection was cut.</param>
public sealed record RecordedCall(string Method, string Path, string Body, int Status)
{
    public override string ToString() => $"{Method} {Path} -> {Status}";
}
