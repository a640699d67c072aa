using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Ai;

/// <summary>What the agent is given to answer one message.</summary>
/// <param name="Project">The project the chat is about.</param>
/// <param name="Messages">The newest messages of its open topic, oldest first; the last one is to be answered.</param>
/// <param name="OpenGate">What waits for a decision now, if anything does.</param>
internal sealed record AgentTurn(Project Project, IReadOnlyList<TopicMessage> Messages, OpenGateSummary? OpenGate);

/// <summary>What a gate asks about.</summary>
/// <param name="Kind">What kind of gate it is.</param>
/// <param name="Title">What people call what is judged.</param>
/// <param name="Version">The document's version; null when no document is judged.</param>
internal sealed record OpenGateSummary(string Kind, string Title, int? Version);

/// <summary>What to say, and what to offer the person; nothing of it has happened yet.</summary>
internal sealed record AgentReply(string Markdown, IReadOnlyList<Proposal> Proposals);

/// <summary>Something that the agent thinks should happen. A person decides by a button.</summary>
internal abstract record Proposal;

/// <summary>Offer to write the vision.</summary>
internal sealed record VisionProposal : Proposal;

/// <summary>Offer to send what is judged at the open gate back with <paramref name="Reason"/> (1 to 1000 characters).</summary>
internal sealed record ChangeProposal(string Reason) : Proposal;
