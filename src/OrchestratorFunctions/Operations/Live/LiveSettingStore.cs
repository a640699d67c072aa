using Dapper;
using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Operations.Live;

/// <summary>The SQL of settings: those that change while the app runs, and what all of them were at the last start.</summary>
internal sealed class LiveSettingStore(NpgsqlDataSource dataSource, AuditLog audit, TimeProvider time)
{
    // Processes that start together note one after another. Any constant will do: it only has to be the same in all of them.
    private const long SeenLock = 0x6F7263685F736574;

    public async Task<IReadOnlyDictionary<string, string>> AllAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<(string Name, string Value)>(new CommandDefinition(
            "/* name: settings.all */ select name, value from live_settings order by name", cancellationToken: cancellationToken))).ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal);
    }

    /// <summary>Stores a value, and in the same transaction who did so.</summary>
    public Task SetAsync(string name, string value, string actor, CancellationToken cancellationToken) => dataSource.InTransactionAsync(
        async (connection, token) =>
        {
            await connection.ExecuteAsync(Command(
                """
                /* name: settings.set */
                insert into live_settings (name, value, changed_at) values (@name, @value, @now)
                on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at
                """,
                new { name, value, now = time.GetUtcNow() }, token));
            await audit.AppendAsync(connection, new AuditEntry("setting_changed", actor, null, new { name, value }), token);
        },
        cancellationToken);

    /// <summary>Takes a value back, so that the environment's holds again. False: there was none.</summary>
    public Task<bool> UnsetAsync(string name, string actor, CancellationToken cancellationToken) => dataSource.InTransactionAsync(
        async (connection, token) =>
        {
            if (await connection.ExecuteAsync(Command("/* name: settings.unset */ delete from live_settings where name = @name", new { name }, token)) == 0)
            {
                return false;
            }

            await audit.AppendAsync(connection, new AuditEntry("setting_changed", actor, null, new { name, value = (string?)null }), token);
            return true;
        },
        cancellationToken);

    /// <summary>Compares the settings of this start with those of the last, and notes in the audit trail which changed; never their values.</summary>
    /// <param name="checks">For each setting that is given, 16 bits of a hash of its value.</param>
    public Task NoteAsync(IReadOnlyDictionary<string, int> checks, CancellationToken cancellationToken) => dataSource.InTransactionAsync(
        async (connection, token) =>
        {
            await connection.ExecuteAsync(Command("/* name: settings.lock */ select pg_advisory_xact_lock(@SeenLock)", new { SeenLock }, token));
            var seen = (await connection.QueryAsync<(string Name, int Check)>(Command(
                "/* name: settings.seen */ select name, check_value from settings_seen", new { }, token))).ToDictionary(row => row.Name, row => row.Check, StringComparer.Ordinal);
            var changed = checks.Keys.Union(seen.Keys).Where(name => !checks.TryGetValue(name, out var now) || !seen.TryGetValue(name, out var before) || now != before).Order(StringComparer.Ordinal).ToArray();
            if (changed.Length == 0)
            {
                return;
            }

            await connection.ExecuteAsync(Command("/* name: settings.forget_seen */ delete from settings_seen", new { }, token));
            foreach (var (name, check) in checks)
            {
                await connection.ExecuteAsync(Command("/* name: settings.see */ insert into settings_seen (name, check_value) values (@name, @check)", new { name, check }, token));
            }

            if (seen.Count > 0)
            {
                await audit.AppendAsync(connection, new AuditEntry("settings_changed", AuditEntry.System, null, new { settings = changed }), token);
            }
        },
        cancellationToken);
}
