using DurableTask;
using OrchestratorFunctions.Conversations.Forgetting;
using OrchestratorFunctions.Inbox;

namespace OrchestratorFunctions.Conversations;

internal static class ConversationsModule
{
    public static IServiceCollection AddConversations(this IServiceCollection services) => services
        .AddSingleton<ConversationStore>()
        .AddSingleton<OfferStore>()
        .AddSingleton<ProjectControl>()
        .AddSingleton<RepositoryCommand>()
        .AddSingleton<OrderedCommands>()
        .AddSingleton<TalkTurn>()
        .AddSingleton<ForgetStore>()
        .AddSingleton<PersonForgetting>()
        .AddSingleton<ForgetCommand>()
        .AddSingleton<IAnsweredAtOnce>(provider => provider.GetRequiredService<ForgetCommand>())
        .AddSingleton<IAnsweredAtOnce, InstantCommands>()
        .AddSingleton<IAnsweredAtOnce, GateCommands>()
        .AddSingleton<ButtonPresses>()
        .AddSingleton<IAnsweredAtOnce>(provider => provider.GetRequiredService<ButtonPresses>());

    public static DurableTaskRegistry AddConversations(this DurableTaskRegistry registry)
    {
        registry.AddOrchestrator<ConversationOrchestrator>();
        registry.AddActivity<HandleNextMessage>();
        return registry;
    }
}
