using Dapper;
using Npgsql;

namespace OrchestratorFunctions.Projects;

/// <summary>Who somebody is: <paramref name="Id"/> as in audit (<c>telegram:123456</c>) and what others call them.</summary>
internal sealed record Person(string Id, string Name);

/// <summary>The SQL of people's names.</summary>
internal sealed class PeopleStore(TimeProvider time)
{
    /// <summary>Remembers the name under which somebody last wrote.</summary>
    public Task RememberAsync(NpgsqlConnection connection, Person person, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition(
            """
            /* name: people.remember */
            insert into people (person, name, updated_at) values (@Id, @Name, @now)
            on conflict (person) do update set name = excluded.name, updated_at = excluded.updated_at where people.name <> excluded.name
            """,
            new { person.Id, person.Name, now = time.GetUtcNow() }, cancellationToken: cancellationToken));

    /// <summary>What others call somebody; their id when they never wrote.</summary>
    public async Task<string> NameAsync(NpgsqlConnection connection, string id, CancellationToken cancellationToken) =>
        await connection.QuerySingleOrDefaultAsync<string?>(new CommandDefinition(
            "/* name: people.name */ select name from people where person = @id", new { id }, cancellationToken: cancellationToken)) ?? id;
}
