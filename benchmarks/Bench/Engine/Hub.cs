using DurableTask;
using DurableTask.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Bench.Engine;

// A process' part of the task hub, hosted as an app would host it: the public API with its defaults. Several in turn on one database stand for restarts.
internal sealed class Hub : IAsyncDisposable
{
    private readonly IHost host;

    private Hub(IHost host) => this.host = host;

    public DurableTaskClient Client => host.Services.GetRequiredService<DurableTaskClient>();

    public Announcements Announcements => host.Services.GetRequiredService<Announcements>();

    public Marks Marks => host.Services.GetRequiredService<Marks>();

    public AlarmLog AlarmLog => host.Services.GetRequiredService<AlarmLog>();


    public static async Task<Hub> StartAsync(string connectionString)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        // To the error stream, so that an engine in trouble is not mistaken for a slow one.
        builder.Logging.AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
        builder.Services
            .AddSingleton(new NpgsqlDataSourceBuilder(connectionString).Build())
            .AddSingleton<Announcements>()
            .AddSingleton<Marks>()
            .AddSingleton<AlarmLog>()
            .AddPostgresTaskHub(new DurableTaskRegistry()
                .AddOrchestrator<Approval>().AddActivity<AskForApproval>().AddActivity<Publish>()
                .AddOrchestrator<LongHistory>().AddActivity<Mark>()
                .AddOrchestrator<Alarm>());
        var hub = new Hub(builder.Build());
        await hub.host.StartAsync();
        return hub;
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
