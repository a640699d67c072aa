using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Telegram;

namespace OrchestratorFunctions.Functions;

/// <summary>Asks Telegram for updates by the clock, where TELEGRAM_UPDATES=polling and no loop may run: on a laptop under <c>func start</c>.</summary>
internal sealed class TelegramSweep(TelegramPoll poll) : ISweep
{
    public Task SweepAsync(CancellationToken cancellationToken) => poll.IsOn ? poll.OnceAsync(wait: TimeSpan.Zero, cancellationToken) : Task.CompletedTask;
}
