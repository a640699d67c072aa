namespace TestKit.Scar;

/// <summary>Handles one message of one conversation: a slash command, a run of the agent, or a refusal.</summary>
internal sealed class ScarWork(ScarStandIn scar)
{
    private readonly ScarCommands commands = new(scar);

    public async Task HandleAsync(string id, string message, Func<bool> batch, Action<string> emit)
    {
        if (id.Length > 255)
        {
            emit(ScarFailure.Error("value too long for type character varying(255)"));
            return;
        }

        if (scar.DatabaseDown)
        {
            emit(ScarFailure.DatabaseRefuses.Last);
            return;
        }

        var conversation = scar.Conversation(id);
        var words = ScarArguments.Split(message);
        if (!message.StartsWith('/'))
        {
            await RunAsync(conversation, id, "", [], message, batch(), emit);
        }
        else if (words[0] != "/command-invoke")
        {
            emit(commands.Answer(conversation, message));
        }
        else if (words.Count < 2)
        {
            emit("Usage: /command-invoke <name> [args...]");
        }
        else
        {
            await InvokeAsync(conversation, id, words, batch, emit);
        }
    }

    private async Task InvokeAsync(ScarConversation conversation, string id, IReadOnlyList<string> words, Func<bool> batch, Action<string> emit)
    {
        var (name, arguments) = (words[1], words.Skip(2).ToArray());
        if (conversation.Codebase is not { } codebase)
        {
            emit(ScarCommands.NoCodebase);
        }
        else if (name is "constructor" or "toString" or "__proto__")
        {
            // Names that every JavaScript object has.
            emit(ScarFailure.Error("The \"path\" argument must be of type string. Received undefined"));
        }
        else if (!codebase.Commands.TryGetValue(name, out var file))
        {
            emit($"Command '{name}' not found. Use /commands to see available.");
        }
        else if (file is null)
        {
            emit($"Failed to read command file: ENOENT: no such file or directory, open '{conversation.WorkingDirectory(scar.Workspace)}/.claude/commands/{name}.md'");
        }
        else
        {
            await RunAsync(conversation, id, name, arguments, ScarArguments.Substitute(file, arguments), batch(), emit);
        }
    }

    private async Task RunAsync(ScarConversation conversation, string id, string command, IReadOnlyList<string> words, string prompt, bool batch, Action<string> emit)
    {
        if (conversation.Codebase is not { } codebase)
        {
            emit(ScarCommands.NoCodebase);
            return;
        }

        if (batch)
        {
            emit("The agent is on the case...");
        }

        if (conversation.LastCommand == "plan-feature-github" && command == "execute-github")
        {
            conversation.Session = null;
        }

        var lost = conversation.Session?.StartsWith("lost-", StringComparison.Ordinal) == true;
        conversation.Session ??= Guid.NewGuid().ToString();
        conversation.LastCommand = command;
        var run = new ScarRun(id, command, words, prompt, codebase, conversation.WorkingDirectory(scar.Workspace), batch, emit) { CancellationToken = scar.End };
        scar.Began(run);
        ScarFailure? failure = lost ? ScarFailure.ExitOnly : null;
        try
        {
            await scar.HeldAsync();
            if (!lost)
            {
                await scar.Script(command)(run);
            }
        }
        catch (ScarRunFailedException fault)
        {
            failure = fault.Failure;
        }
        catch (OperationCanceledException) when (scar.End.IsCancellationRequested)
        {
            return;
        }
        catch (Exception fault)
        {
            // A script's own defect must be seen by the test, not pass as an agent's failure.
            scar.NoteUnexpected($"the script of {command} threw {fault.GetType().Name}: {fault.Message}");
            failure = ScarFailure.ExitOnly;
        }

        run.End(failure);
        scar.Changes.Pulse();
    }
}
