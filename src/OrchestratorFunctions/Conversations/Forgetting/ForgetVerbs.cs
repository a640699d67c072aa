using System.CommandLine;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Conversations.Forgetting;

/// <summary><c>people forget</c>: for who asks by another way than the chat.</summary>
internal static class ForgetVerbs
{
    public static Command Create(Func<Func<IServiceProvider, Task<int>>, Task<int>> run)
    {
        var person = new Argument<string>("person") { Description = "telegram:123456" };
        var yes = new Option<bool>("--yes") { Description = "Really do it. Without it, only say what would be deleted." };
        var forget = new Command("forget", "Delete what a person wrote and who the person is. Entries of the audit trail stay, under a pseudonym that leads nowhere.") { person, yes };
        forget.SetAction((parsed, cancellationToken) => run(async services =>
        {
            var (who, forgetting) = (parsed.GetValue(person)!, services.GetRequiredService<PersonForgetting>());
            foreach (var project in await forgetting.OwnProjectsAsync(who, cancellationToken))
            {
                await Console.Out.WriteLineAsync($"project {project.Id} {project.Status} {project.Name}");
            }

            if (!parsed.GetValue(yes))
            {
                await Console.Out.WriteLineAsync($"Nothing was deleted. These projects, and everything else of {who}, would be: repeat with --yes.");
                return 1;
            }

            var forgotten = await services.GetRequiredService<NpgsqlDataSource>().InTransactionAsync(
                (connection, token) => forgetting.ForgetAsync(connection, who, Operator.Name, token), cancellationToken);
            if (forgotten.UnderWay.Count > 0)
            {
                await Console.Error.WriteLineAsync($"Stop these first: {string.Join(", ", forgotten.UnderWay)}");
                return 1;
            }

            await forgetting.PurgeAsync(forgotten.Instances, cancellationToken);
            await Console.Out.WriteLineAsync("forgotten");
            return 0;
        }));
        return new Command("people", "People and their data.") { forget };
    }
}
