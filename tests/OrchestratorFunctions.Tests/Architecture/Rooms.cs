namespace OrchestratorFunctions.Tests.Architecture;

/// <summary>The rooms of the app and the arrows between them; docs/architecture.md draws the same.</summary>
internal static class Rooms
{
    /// <summary>For each room, the rooms that its code may name.</summary>
    public static IReadOnlyDictionary<string, string[]> MayUse { get; } = new Dictionary<string, string[]>
    {
        ["Telegram"] = ["Inbox", "Outbox", "Operations", "Database"],
        ["GitHub"] = ["Inbox", "Outbox", "Projects", "Audit", "Operations", "Database"],
        ["Inbox"] = ["Outbox", "Projects", "Operations", "Database"],
        ["Conversations"] = ["GitHub", "Inbox", "Outbox", "Ai", "Visions", "Projects", "Approvals", "Workflow", "Audit", "Operations", "Database"],
        ["Ai"] = ["Projects", "Operations", "Database"],
        ["Visions"] = ["Ai", "Projects", "Audit", "Operations", "Database"],
        ["Projects"] = ["Database"],
        ["Approvals"] = ["Outbox", "Projects", "Audit", "Operations", "Database"],
        ["Workflow"] = ["Approvals", "Visions", "Scar", "Outbox", "Projects", "Audit", "Operations", "Database"],
        ["Scar"] = ["GitHub", "Outbox", "Projects", "Audit", "Operations", "Database"],
        ["Outbox"] = ["Operations", "Database"],
        ["Audit"] = ["Operations", "Database"],
        // Verbs and probes ask the rooms that they are about.
        ["Operations"] = ["Telegram", "GitHub", "Inbox", "Instances", "Conversations", "Ai", "Outbox", "Audit", "Api", "Functions", "Database"],
        // Hosting by the Functions host: it drives what the rooms would do in the background.
        ["Functions"] = ["Telegram", "GitHub", "Outbox", "Audit", "Api", "Operations", "Database"],
        ["Instances"] = [],
        // What people do by buttons, for programs.
        ["Api"] = ["Telegram", "Approvals", "Audit", "Instances", "Operations", "Database"],
        ["Database"] = ["Operations"],
    };

    public static IEnumerable<string> Names => MayUse.Keys;

    /// <summary>The room below <paramref name="root"/> that a namespace belongs to; null when it is outside of all rooms.</summary>
    public static string? Of(string root, string space) =>
        space.StartsWith(root + ".", StringComparison.Ordinal) && space[(root.Length + 1)..].Split('.')[0] is var room && MayUse.ContainsKey(room) ? room : null;
}
