namespace OrchestratorFunctions.Ai;

/// <summary>One thing that must be known before a vision can be written.</summary>
/// <param name="Name">How it is called in an answer of the model and in <c>Missing</c>.</param>
/// <param name="Meaning">What counts as knowing it.</param>
/// <param name="Question">How to ask a person for it.</param>
internal sealed record Criterion(string Name, string Meaning, string Question);

/// <summary>The six criteria of completeness, in the order in which a person is asked.</summary>
internal static class Interview
{
    public static readonly IReadOnlyList<Criterion> Criteria =
    [
        new("what_it_is", "what is to be built", "What would you like to build? Tell me in a sentence or two."),
        new("users", "who will use it", "Who will use it? Think of the people who need it most, and of others who may come along."),
        new("problem", "which problem it solves for them", "Which problem does it solve for them? How do they manage today, and what annoys them about it?"),
        new("features", "three to five things that it must be able to do", "Which three to five things must it be able to do? One line for each is best."),
        new("journey", "how people use it, step by step", "How would somebody use it, step by step, from opening it to being done?"),
        new("success", "how to tell that it is a success", "How will you know that it is a success? A number or two helps. If something should stay out of the first version, say that as well."),
    ];
}
