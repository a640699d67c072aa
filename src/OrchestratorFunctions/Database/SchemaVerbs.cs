using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OrchestratorFunctions.Database;

/// <summary><c>migrate up|down|status|grant</c>.</summary>
internal static partial class SchemaVerbs
{
    public static Command Create(Func<Func<Schema, Task<int>>, Task<int>> run, Func<Func<GrantStore, Task<int>>, Task<int>> grants)
    {
        var up = new Command("up", "Apply all migrations; several processes may do so at once.");
        up.SetAction((_, cancellationToken) => run(async schema =>
        {
            await schema.UpAsync(cancellationToken);
            return await PrintAsync(schema, cancellationToken);
        }));

        var steps = new Option<int>("--steps") { Description = "How many migrations to take back.", DefaultValueFactory = _ => 1 };
        steps.Validators.Add(result =>
        {
            // What is no number the library refuses by itself; asking it for the value here would throw.
            if (result.Tokens is [var given] && int.TryParse(given.Value, CultureInfo.InvariantCulture, out var count) && count < 1)
            {
                result.AddError("--steps must be at least 1.");
            }
        });
        var down = new Command("down", "Take back the newest migrations. What their tables hold is lost.") { steps };
        down.SetAction((parsed, cancellationToken) => run(async schema =>
        {
            await schema.DownAsync(parsed.GetValue(steps), cancellationToken);
            return await PrintAsync(schema, cancellationToken);
        }));

        var status = new Command("status", "List the migrations and whether they are applied. Exit code 1 when one is missing.");
        status.SetAction((_, cancellationToken) => run(async schema => await PrintAsync(schema, cancellationToken) + (await schema.IsCurrentAsync(cancellationToken) ? 0 : 1)));

        var role = new Argument<string>("role") { Description = "A database role that may log in." };
        role.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && (!RoleName().IsMatch(given.Value) || given.Value == "public"))
            {
                // To PostgreSQL "public" is everybody.
                result.AddError("A role's name has small letters, digits and underscores, begins with a letter, and is not public.");
            }
        });
        var grant = new Command("grant", "Give a database role what serving needs and no more: it cannot change the audit trail or the schema.") { role };
        grant.SetAction((parsed, cancellationToken) => grants(async store =>
        {
            await store.GrantAsync(parsed.GetValue(role)!, cancellationToken);
            await Console.Out.WriteLineAsync("granted");
            return 0;
        }));
        return new Command("migrate", "The database's schema.") { up, down, status, grant };
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,62}\z", RegexOptions.NonBacktracking)]
    private static partial Regex RoleName();

    private static async Task<int> PrintAsync(Schema schema, CancellationToken cancellationToken)
    {
        foreach (var migration in await schema.StatusAsync(cancellationToken))
        {
            await Console.Out.WriteLineAsync($"{(migration.Applied ? "applied" : "missing")}  {migration.Version,5}  {migration.Description}");
        }

        return 0;
    }
}
