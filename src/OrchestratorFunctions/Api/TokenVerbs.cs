using System.CommandLine;
using System.Text.RegularExpressions;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Api;

/// <summary><c>tokens create|list|revoke</c>.</summary>
internal static partial class TokenVerbs
{
    public static Command Create(Func<Func<ApiTokenStore, Task<int>>, Task<int>> run)
    {
        var name = new Argument<string>("name") { Description = "What it is for: letters, digits, dot, underscore, hyphen." };
        var role = new Option<ApiRole>("--role") { Description = "viewer, approver or admin.", DefaultValueFactory = _ => ApiRole.Viewer };
        var person = new Option<string?>("--person") { Description = "For whom its holder decides gates: telegram:123456." };
        var days = new Option<int>("--days") { Description = "How long it is valid, 1 to 365.", DefaultValueFactory = _ => 90 };
        var create = new Command("create", "Make a token and print it, this once.") { name, role, person, days };
        create.SetAction((parsed, cancellationToken) => run(async store =>
        {
            var (wanted, who, valid) = (parsed.GetValue(role), parsed.GetValue(person), parsed.GetValue(days));
            var called = parsed.GetValue(name)!;
            if ((!TokenName().IsMatch(called) ? "A token's name has 1 to 60 letters, digits, dots, underscores and hyphens."
                : valid is < 1 or > 365 ? "--days must be between 1 and 365."
                : wanted == ApiRole.Approver && who is null ? "An approver decides for a person: --person telegram:123456."
                : who is not null && !Person().IsMatch(who) ? "A person is telegram: or github: and a number: --person telegram:123456."
                : null) is { } fault)
            {
                await Console.Error.WriteLineAsync(fault);
                return 1;
            }

            var token = ApiAccess.NewToken();
            await store.AddAsync(called, ApiAccess.Hash(token), wanted, who, TimeSpan.FromDays(valid), Operator.Name, cancellationToken);
            await Console.Out.WriteLineAsync(token);
            return 0;
        }));

        var list = new Command("list", "List the tokens, without themselves.");
        list.SetAction((_, cancellationToken) => run(async store =>
        {
            foreach (var token in await store.ListAsync(cancellationToken))
            {
                var state = token.RevokedAt is { } end ? $"revoked {end:yyyy-MM-dd}" : $"until {token.ExpiresAt:yyyy-MM-dd}";
                await Console.Out.WriteLineAsync($"{token.Id}  {token.Role}  {token.Name}  {state}{(token.Person is null ? "" : $"  for {token.Person}")}");
            }

            return 0;
        }));

        var id = new Argument<Guid>("id") { Description = "As tokens list prints it." };
        var revoke = new Command("revoke", "End a token now.") { id };
        revoke.SetAction((parsed, cancellationToken) => run(async store =>
        {
            if (await store.RevokeAsync(parsed.GetValue(id), Operator.Name, cancellationToken))
            {
                await Console.Out.WriteLineAsync("revoked");
                return 0;
            }

            await Console.Error.WriteLineAsync("There is no such token, or it was revoked before: see tokens list.");
            return 1;
        }));
        return new Command("tokens", "Tokens of the API.") { create, list, revoke };
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,60}\z", RegexOptions.NonBacktracking)]
    private static partial Regex TokenName();

    [GeneratedRegex(@"\A(telegram|github):[1-9][0-9]{0,18}\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Person();
}
