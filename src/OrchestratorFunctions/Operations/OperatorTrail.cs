using System.CommandLine;
using System.CommandLine.Parsing;
using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;

namespace OrchestratorFunctions.Operations;

/// <summary>Writes into the audit trail what an operator is about to change by a verb: without the trail it is not done.</summary>
internal static class OperatorTrail
{
    /// <summary>Those that change something and do not say so themselves, in the transaction of what they do. Migrations are in the schema's own table.</summary>
    public static IReadOnlyList<string> Noted { get; } =
    [
        "inbox replay", "inbox drop", "github replay", "instances suspend", "instances resume", "instances terminate", "instances rewind", "instances raise-event", "instances purge",
        "migrate grant", "telegram set-webhook", "telegram delete-webhook",
    ];

    public static async Task NoteAsync(IServiceProvider services, ParseResult given)
    {
        var command = string.Join(' ', Names(given.CommandResult).Reverse());
        if (!Noted.Contains(command))
        {
            return;
        }

        // What is named, and not what it carries, which may be anybody's words.
        var arguments = given.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => AuditEntry.Nameless(token.Value));
        var entry = new AuditEntry("operator_command", Operator.Name, null, new { command, arguments });
        await services.GetRequiredService<NpgsqlDataSource>().InTransactionAsync((connection, token) => services.GetRequiredService<AuditLog>().AppendAsync(connection, entry, token), CancellationToken.None);
    }

    // From the verb up to the program, which is left out.
    private static IEnumerable<string> Names(CommandResult verb)
    {
        for (var at = verb; at.Parent is CommandResult above; at = above)
        {
            yield return at.Command.Name;
        }
    }
}
