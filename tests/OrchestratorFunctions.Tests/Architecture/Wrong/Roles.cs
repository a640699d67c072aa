using Dapper;
using DurableTask;
using Npgsql;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Projects;
using Telegram.Bot;

#pragma warning disable RS0030 // What is banned in the product is what this is about.

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Inbox
{
    internal sealed class SendsPastTheOutbox(TelegramBotClient bot)
    {
        public Task SendAsync() => bot.SendMessage(1, "hello");
    }

    internal sealed class CallsByItself(HttpClient http)
    {
        public Task<string> ReadAsync() => http.GetStringAsync(new Uri("http://127.0.0.1:1"));
    }

    internal sealed class AsksTheDatabase(NpgsqlDataSource dataSource)
    {
        public async Task<int> CountAsync()
        {
            await using var connection = await dataSource.OpenConnectionAsync();
            return await connection.QuerySingleAsync<int>("select 1");
        }
    }
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Scar.Wire
{
    internal sealed record Client;
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Workflow
{
    internal sealed class CommandsTheAgent(Scar.Wire.Client client)
    {
        public override string ToString() => client.ToString();
    }

    internal sealed class ImpureOrchestrator(ProjectStore projects, DurableTaskClient client, ApprovalOptions options, NpgsqlDataSource dataSource, TimeProvider time, HttpClient http) : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
        {
            await new ImpureRun(context, projects).RunAsync();
            return string.Concat([client, options, dataSource, time, http, Random.Shared.Next()]);
        }
    }

    internal sealed class ImpureRun(TaskOrchestrationContext context, ProjectStore projects)
    {
        public Task RunAsync() => context.CallActivityAsync("Read", projects);
    }
}
