using OrchestratorFunctions.Tests.Architecture.Wrong.Conversations;

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Projects;

// Projects may not name Conversations; here it does, in the places where a use may hide.
internal sealed class NamesInField
{
    private readonly object thing = new Conversations.Thing();

    public override string ToString() => thing.ToString()!;
}

internal static class NamesInAsyncBody
{
    public static async Task<string> RunAsync()
    {
        await Task.Yield();
        return new Conversations.Thing().ToString();
    }
}

internal static class NamesInLambda
{
    public static string Run(string name) => string.Concat(name.Select(letter => new Conversations.Thing().ToString() + letter));
}

internal static class NamesAsArgument
{
    public static int Run(IReadOnlyList<Conversations.Thing> things) => things.Count;
}

internal static class NamesByString
{
    public static string Run() => nameof(HandleNextMessage);
}
