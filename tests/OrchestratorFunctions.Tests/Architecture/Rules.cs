namespace OrchestratorFunctions.Tests.Architecture;

/// <summary>The rules, each a function from code to what breaks it.</summary>
internal static class Rules
{
    private static readonly string[] SqlNames = ["Store", "Progress", "Upkeep", "OwedReasons", "AuditLog", "OutboxSender", "Health", "DapperConventions", "Sql"];
    private static readonly string[] EffectNames = ["Store", "Client", "Options", "Progress", "AuditLog", "OutboxNudge", "NpgsqlDataSource", "NpgsqlConnection", "TimeProvider", "IOptions", "IServiceProvider", "HttpClient", "Random", "Stopwatch", "Thread", "Environment", "File"];

    /// <summary>Rooms name only the rooms that their arrows lead to.</summary>
    public static IReadOnlyList<Dependency> ForbiddenArrows(Code code) =>
        [.. code.Dependencies.Where(use => Rooms.Of(code.Root, use.FromNamespace) is { } from && Rooms.Of(code.Root, use.ToNamespace) is { } to && from != to && !IsArrow(from, to, use.To))];

    /// <summary>A library belongs to the rooms that are named, and to nobody else.</summary>
    public static IReadOnlyList<Dependency> LibraryOutside(Code code, string library, params string[] rooms) =>
        [.. code.Dependencies.Where(use => IsIn(use.ToNamespace, library) && !rooms.Contains(Rooms.Of(code.Root, use.FromNamespace)))];

    /// <summary>Only these rooms make HTTP calls of their own.</summary>
    public static IReadOnlyList<Dependency> HttpOutside(Code code, params string[] rooms) =>
        [.. code.Dependencies.Where(use => use.To is "HttpClient" or "IHttpClientFactory" or "HttpMessageInvoker" or "TcpClient" && !rooms.Contains(Rooms.Of(code.Root, use.FromNamespace)))];

    /// <summary>What speaks to the coding agent is the coding agent's room, so that a command cannot be sent past its row.</summary>
    public static IReadOnlyList<Dependency> AgentTalkOutside(Code code) =>
        [.. code.Dependencies.Where(use => (IsIn(use.ToNamespace, code.Root + ".Scar.Wire") || use.To == "ScarOptions") && Rooms.Of(code.Root, use.FromNamespace) is not "Scar")];

    /// <summary>SQL is in the files that are named for it.</summary>
    public static IReadOnlyList<Dependency> SqlOutside(Code code) =>
    [
        .. code.Dependencies.Where(use =>
            (IsIn(use.ToNamespace, "Dapper") || use.To is "NpgsqlCommand" or "NpgsqlBatch") && !SqlNames.Any(name => use.From.EndsWith(name, StringComparison.Ordinal))),
    ];

    /// <summary>
    /// What takes part in replay (orchestrators, and what they hand their context to) sees no store, client, options, clock or chance:
    /// all that would answer differently the second time. Names of activities are not uses.
    /// </summary>
    public static IReadOnlyList<Dependency> EffectsInOrchestrators(Code code)
    {
        var replayed = code.Dependencies.Where(use => use.To == "TaskOrchestrationContext").Select(use => (use.FromNamespace, use.From)).ToHashSet();
        return
        [
            .. code.Dependencies.Where(use => replayed.Contains((use.FromNamespace, use.From)) && use.To is not ("TaskOptions" or "SubOrchestrationOptions") &&
                EffectNames.Any(name => use.To.EndsWith(name, StringComparison.Ordinal))),
        ];
    }

    /// <summary>Public types of the app, which is nobody's library. Migrations are public since FluentMigrator finds no others, Program is by the language.</summary>
    public static IReadOnlyList<string> PublicTypes(IEnumerable<Type> types) =>
        [.. types.Where(type => type.IsVisible && type.FullName != "Program" && !typeof(FluentMigrator.IMigration).IsAssignableFrom(type)).Select(type => type.FullName!)];

    private static bool IsArrow(string from, string to, string type) =>
        Rooms.MayUse[from].Contains(to);

    private static bool IsIn(string space, string parent) => space == parent || space.StartsWith(parent + ".", StringComparison.Ordinal);
}
