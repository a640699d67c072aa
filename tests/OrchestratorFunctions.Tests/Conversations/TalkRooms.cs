using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Tests.TestApp;
using OrchestratorFunctions.Visions;

namespace OrchestratorFunctions.Tests.Conversations;

/// <summary>The rooms with the agent, whose model a test plays, and one chat whose rows are taken by hand.</summary>
internal sealed class TalkRooms : IAsyncDisposable
{
    private TalkRooms(Rooms rooms, PlayedModel model) => (Rooms, Model) = (rooms, model);

    public Rooms Rooms { get; }

    public PlayedModel Model { get; }

    public static async Task<TalkRooms> CreateAsync()
    {
        var model = new PlayedModel();
        var rooms = await Rooms.CreateAsync(services => services
            .AddSingleton(new LanguageModel(model, TimeProvider.System)).AddSingleton<StructuredOutput>().AddSingleton<ProductAgent>().AddVisions());
        return new TalkRooms(rooms, model);
    }

    /// <summary>A row waits for its turn.</summary>
    public Task SayAsync(string text, string person = Rooms.Ada) => Rooms.ReceiveAsync(text.StartsWith('/') ? DeliveryKind.Command : DeliveryKind.Text, text, person);

    /// <summary>Takes the oldest row once, as the mailbox does.</summary>
    public Task<NextTurn> TurnAsync() => Rooms.RunAsync<HandleNextMessage, string, NextTurn>(Rooms.Chat);

    /// <summary>Takes rows until none is left, waiting as long as the mailbox would.</summary>
    public async Task DrainAsync()
    {
        while (await TurnAsync() is { } next && (next.Handled || next.WaitFor is not null))
        {
            Rooms.Time.Advance(next.WaitFor ?? TimeSpan.Zero);
        }
    }

    public async Task AnswerAsync(string text, string person = Rooms.Ada)
    {
        await SayAsync(text, person);
        await DrainAsync();
    }

    /// <summary>The token of the button with this label that was said last.</summary>
    public Task<string> TokenAsync(string label) => Rooms.ReadAsync<string>(
        "select b ->> 'token' from outbox, jsonb_array_elements(buttons) b where b ->> 'label' = @label order by id desc limit 1", new { label });

    public ValueTask DisposeAsync() => Rooms.DisposeAsync();
}

/// <summary>A model that says what the test lets it say.</summary>
internal sealed class PlayedModel : IChatClient
{
    /// <summary>The talk of each question, oldest first, without our instructions.</summary>
    public ConcurrentQueue<string[]> Asked { get; } = new();

    /// <summary>Answers the words that were said last.</summary>
    public Func<string, Task<ChatResponse>> Answer { get; set; } = said => Says($"You said: {said}");

    /// <summary>Whether everything needed for a vision is known.</summary>
    public Func<bool> Complete { get; set; } = () => false;

    public static Task<ChatResponse> Says(string text) => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, text)));

    public static Task<ChatResponse> Calls(string tool, params (string Name, object? Value)[] arguments) => Task.FromResult(new ChatResponse(
        new ChatMessage(ChatRole.Assistant, [new FunctionCallContent(Guid.NewGuid().ToString(), tool, arguments.ToDictionary(argument => argument.Name, argument => argument.Value))])));

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (options?.ResponseFormat is ChatResponseFormatJson)
        {
            var known = Complete() ? "true" : "false";
            return await Says($$"""{"what_it_is":true,"users":true,"problem":true,"features":true,"journey":true,"success":{{known}}}""");
        }

        var talk = messages.ToArray();
        if (talk[^1].Role == ChatRole.Tool)
        {
            return await Says("I offer you a button.");
        }

        Asked.Enqueue([.. talk.Where(message => message.Role != ChatRole.System).Select(message => message.Text)]);
        return await Answer(talk[^1].Text);
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
