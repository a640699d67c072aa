using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub.Agent;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.GitHub.Authentication;
using OrchestratorFunctions.GitHub.Checks;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;
using Microsoft.Extensions.Options;

namespace OrchestratorFunctions.GitHub.Events;

/// <summary>Carries out what a stored delivery means: who may, and in by the same way as every channel.</summary>
internal sealed class EventHandling(
    IOptions<GitHubOptions> options, NpgsqlDataSource dataSource, RepositoryStore repositories, ConversationLookupStore conversations, Permissions permissions, Credentials credentials,
    CheckPresses checks, ReviewDecisions reviews, AgentReplies agent, Intake intake, OutboxStore outbox, TimeProvider time)
{
    // GitHub redelivers for three days: a time before that is none that can be relied on.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(3);

    /// <summary>Why nothing was done, or null when it was. Repeating it does nothing twice.</summary>
    /// <exception cref="GitHubException">GitHub did not answer a question on the way.</exception>
    public Task<string?> HandleAsync(StoredDelivery delivery, GitHubEvent meaning, CancellationToken cancellationToken) => meaning switch
    {
        GitHubEvent.Spoken spoken => SpokenAsync(delivery, spoken, cancellationToken),
        GitHubEvent.Started started => StartedAsync(delivery, started, cancellationToken),
        GitHubEvent.Dropped dropped => DroppedAsync(delivery, dropped, cancellationToken),
        GitHubEvent.Pressed pressed => PressedAsync(delivery, pressed, cancellationToken),
        GitHubEvent.Reviewed reviewed => ReviewedAsync(delivery, reviewed, cancellationToken),
        GitHubEvent.AgentSaid said => agent.SaidAsync(said, cancellationToken),
        GitHubEvent.AgentOpened opened => agent.OpenedAsync(opened, cancellationToken),
        GitHubEvent.ChecksAsked asked => Done(connection => checks.ShowAgainAsync(connection, asked, cancellationToken), cancellationToken),
        GitHubEvent.RepositoryMoved { Gone: true } gone => Done(connection => repositories.GoneAsync(connection, gone.Place.RepositoryId, cancellationToken), cancellationToken),
        GitHubEvent.RepositoryMoved moved => Done(connection => repositories.MoveAsync(connection, Known(moved.Place), cancellationToken), cancellationToken),
        GitHubEvent.AccessChanged access => Done(connection => AccessAsync(connection, access, cancellationToken), cancellationToken),
        GitHubEvent.Ignored(var reason) => Task.FromResult<string?>(reason),
        _ => Task.FromResult<string?>("not taken"),
    };

    private async Task<string?> SpokenAsync(StoredDelivery delivery, GitHubEvent.Spoken spoken, CancellationToken cancellationToken)
    {
        if (!spoken.Mentioned && !await conversations.IsOursAsync(spoken.Place.Address, cancellationToken))
        {
            return "a command without a mention, where we are in no conversation";
        }

        var kind = spoken.Words.StartsWith('/') ? DeliveryKind.Command : DeliveryKind.Text;
        if (await RefuseAsync(spoken.Place, spoken.By, talks: kind == DeliveryKind.Text, cancellationToken) is { } refused)
        {
            return refused;
        }

        await intake.ReceiveAsync(Incoming(delivery.DeliveryId, spoken.Place, spoken.By, kind, spoken.Words, SaidAt(spoken.SaidAt, delivery)), spoken.By.Login, cancellationToken);
        return null;
    }

    // The same way as everywhere: a command that begins the project, then the idea as the first words in it.
    private async Task<string?> StartedAsync(StoredDelivery delivery, GitHubEvent.Started started, CancellationToken cancellationToken)
    {
        if (await RefuseAsync(started.Place, started.By, talks: false, cancellationToken) is { } refused)
        {
            return refused;
        }

        if (await conversations.HasProjectAsync(started.Place.Address, $"{started.Key}:", cancellationToken))
        {
            return "the issue is a project already";
        }

        await intake.ReceiveAsync(Incoming($"{started.Key}:new", started.Place, started.By, DeliveryKind.Command, $"/new {OneLine(started.Title)}", delivery.ReceivedAt), started.By.Login, cancellationToken);
        await intake.ReceiveAsync(Incoming($"{started.Key}:idea", started.Place, started.By, DeliveryKind.Text, started.Idea, delivery.ReceivedAt), started.By.Login, cancellationToken);
        return null;
    }

    private async Task<string?> DroppedAsync(StoredDelivery delivery, GitHubEvent.Dropped dropped, CancellationToken cancellationToken)
    {
        if (!await conversations.HasProjectAsync(dropped.Place.Address, "", cancellationToken))
        {
            return "the issue is no project";
        }

        if (await RefuseAsync(dropped.Place, dropped.By, talks: false, cancellationToken) is { } refused)
        {
            return refused;
        }

        await intake.ReceiveAsync(Incoming(delivery.DeliveryId, dropped.Place, dropped.By, DeliveryKind.Command, "/stop", delivery.ReceivedAt), dropped.By.Login, cancellationToken);
        return null;
    }

    private async Task<string?> PressedAsync(StoredDelivery delivery, GitHubEvent.Pressed pressed, CancellationToken cancellationToken)
    {
        if (await checks.FindAsync(pressed, cancellationToken) is not { } check)
        {
            return "a check run of somebody else, or a button that we do not know";
        }

        if (await RefuseAsync(pressed.Place, pressed.By, talks: false, cancellationToken) is { } refused)
        {
            return refused;
        }

        var incoming = Incoming(delivery.DeliveryId, pressed.Place with { Number = check.PullNumber }, pressed.By, DeliveryKind.Press, check.Token, delivery.ReceivedAt);
        if (await intake.ReceiveAsync(incoming, pressed.By.Login, cancellationToken) is { } toast)
        {
            await checks.AnswerAsync(incoming, toast, cancellationToken);
        }

        return null;
    }

    private async Task<string?> ReviewedAsync(StoredDelivery delivery, GitHubEvent.Reviewed review, CancellationToken cancellationToken)
    {
        if (await reviews.FindAsync(review, cancellationToken) is not { } gate)
        {
            return review.Otherwise is GitHubEvent.Ignored ? "a review of nothing that waits" : await HandleAsync(delivery, review.Otherwise, cancellationToken);
        }

        // A bot that may talk decides no more than others.
        var refused = await RefuseAsync(review.Place, review.By, talks: false, cancellationToken) ?? (review.By.IsBot ? "a bot, which decides nothing" : null);
        if (refused is not null)
        {
            await reviews.DeniedAsync(gate, review.By, refused, cancellationToken);
            return refused;
        }

        var incoming = Incoming($"review:{review.ReviewId}", review.Place, review.By, DeliveryKind.Command, ReviewDecisions.CommandOf(review), SaidAt(review.At, delivery)) with { Gate = gate.GateId };
        if (!ReviewDecisions.IsOfWhatIsShown(review, gate))
        {
            await reviews.OutdatedAsync(incoming.Key, gate, review, cancellationToken);
            return "a review of another commit than the gate shows";
        }

        await intake.ReceiveAsync(incoming, review.By.Login, cancellationToken);
        return null;
    }

    // Fails closed: who cannot be asked about is not let in, and the delivery waits.
    private async Task<string?> RefuseAsync(Place place, Speaker by, bool talks, CancellationToken cancellationToken)
    {
        if (!options.Value.HasCredentials)
        {
            return $"nobody may command while who may write cannot be asked: {GitHubOptions.CredentialsHint}";
        }

        if (string.Equals(by.Login, await credentials.LoginAsync(cancellationToken), StringComparison.OrdinalIgnoreCase))
        {
            return "our own account";
        }

        if (by.IsBot)
        {
            await RememberAsync(place, cancellationToken);
            return options.Value.AllowsBot(by.Login) ? null : "a bot that is not in GITHUB_ALLOWED_BOTS";
        }

        var known = await RememberAsync(place, cancellationToken);
        return await permissions.MayWriteAsync(known, by, talks, cancellationToken) ? null : "may not write in this repository";
    }

    private async Task<KnownRepository> RememberAsync(Place place, CancellationToken cancellationToken)
    {
        await dataSource.InTransactionAsync((connection, token) => repositories.RememberAsync(connection, Known(place), token), cancellationToken);
        return (await repositories.OfAddressAsync(place.Address, cancellationToken))!;
    }

    private async Task AccessAsync(NpgsqlConnection connection, GitHubEvent.AccessChanged access, CancellationToken cancellationToken)
    {
        foreach (var place in access.Gained)
        {
            await repositories.RememberAsync(connection, Known(place), cancellationToken);
            // What could not be said meanwhile.
            await outbox.UnparkAddressesAsync(connection, $"github:{place.RepositoryId}#", cancellationToken);
        }

        foreach (var place in access.Lost)
        {
            await repositories.GoneAsync(connection, place.RepositoryId, cancellationToken);
        }
    }

    private async Task<string?> Done(Func<NpgsqlConnection, Task> work, CancellationToken cancellationToken)
    {
        await dataSource.InTransactionAsync((connection, _) => work(connection), cancellationToken);
        return null;
    }

    private DateTimeOffset SaidAt(DateTimeOffset? said, StoredDelivery delivery) => said is { } at && time.GetUtcNow() - at < LongestDelay && at < delivery.ReceivedAt ? at : delivery.ReceivedAt;

    private static IncomingDelivery Incoming(string id, Place place, Speaker by, DeliveryKind kind, string text, DateTimeOffset saidAt) =>
        new("github", id, place.Address, by.Person, kind, text) { SaidAt = saidAt };

    private static KnownRepository Known(Place place) => new(place.RepositoryId, place.FullName, place.InstallationId);

    private static string OneLine(string title) => string.Join(' ', title.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
