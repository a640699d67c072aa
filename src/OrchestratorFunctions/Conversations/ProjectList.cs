using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Conversations;

/// <summary>The projects of a chat, each with a button to talk about it. Pure.</summary>
internal static class ProjectList
{
    // Telegram shows up to 100 buttons; more than this many is no list any more.
    private const int Longest = 20;

    public static OutboxMessage Of(IReadOnlyList<Project> projects, string address, string domainKey)
    {
        if (projects.Count == 0)
        {
            return new OutboxMessage(address, domainKey, "There is no project in this chat yet. Tell me your idea, and we begin.");
        }

        var newest = projects.TakeLast(Longest).ToArray();
        var lines = newest.Select(project => $"- **{project.Name}** — {project.Status.InWords()}");
        return new OutboxMessage(address, domainKey, "The projects of this chat:\n\n" + string.Join("\n", lines) + "\n\nWhich one shall we talk about?")
        {
            Buttons = [.. newest.Select(project => new OutboxButton(Short(project.Name), TalkVerbs.SwitchProject, project.Id)), new OutboxButton("New project", TalkVerbs.NewProject)],
        };
    }

    // Half a character cannot be sent.
    private static string Short(string name) => name.Length <= 40 ? name : name[..(char.IsHighSurrogate(name[38]) ? 38 : 39)] + "…";
}
