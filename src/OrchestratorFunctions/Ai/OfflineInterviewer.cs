namespace OrchestratorFunctions.Ai;

/// <summary>
/// Leads the talk when no model is configured: asks for the six criteria one after another. It understands nothing; that a person
/// answered is judged by how often they wrote.
/// </summary>
internal static class OfflineInterviewer
{
    /// <summary>The next question, or the offer to write the vision when all six were answered.</summary>
    public static AgentReply Reply(AgentTurn turn)
    {
        if (turn.OpenGate is { } gate)
        {
            return new AgentReply(
                $"**{gate.Title}** waits for your decision: press *Approve* or *Change* under it. After *Change*, your next message is what should be different.", []);
        }

        var answers = turn.Messages.Count(message => message.Role == TopicMessage.User);
        return answers < Interview.Criteria.Count
            ? new AgentReply($"Thank you, noted. {Interview.Criteria[answers].Question}", [])
            : new AgentReply("Thank you, noted. I have what I need to write the vision. You can also add more; I put it into the vision as it is.", [new VisionProposal()]);
    }
}
