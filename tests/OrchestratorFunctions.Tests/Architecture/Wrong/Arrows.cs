// Each room of this wrong app names every other one; rules that find nothing here find nothing anywhere.
using Everything = (
    OrchestratorFunctions.Tests.Architecture.Wrong.Telegram.Thing, OrchestratorFunctions.Tests.Architecture.Wrong.Inbox.Thing,
    OrchestratorFunctions.Tests.Architecture.Wrong.Conversations.Thing, OrchestratorFunctions.Tests.Architecture.Wrong.Ai.Thing,
    OrchestratorFunctions.Tests.Architecture.Wrong.Visions.Thing, OrchestratorFunctions.Tests.Architecture.Wrong.Projects.Thing,
    OrchestratorFunctions.Tests.Architecture.Wrong.Approvals.Thing, OrchestratorFunctions.Tests.Architecture.Wrong.Workflow.Thing,
    OrchestratorFunctions.Tests.Architecture.Wrong.Scar.Thing, OrchestratorFunctions.Tests.Architecture.Wrong.Outbox.Thing,
    OrchestratorFunctions.Tests.Architecture.Wrong.Audit.Thing, OrchestratorFunctions.Tests.Architecture.Wrong.Operations.Thing,
    OrchestratorFunctions.Tests.Architecture.Wrong.Functions.Thing, OrchestratorFunctions.Tests.Architecture.Wrong.Database.Thing,
    OrchestratorFunctions.Tests.Architecture.Wrong.GitHub.Thing, OrchestratorFunctions.Tests.Architecture.Wrong.Api.Thing,
    OrchestratorFunctions.Tests.Architecture.Wrong.Instances.Thing);

#pragma warning disable CA1051, CA1823, CA1852, MA0047, MA0048, SA1649

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Telegram
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Api
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.GitHub
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Instances
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Inbox
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Conversations
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Ai
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Visions
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Projects
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Approvals
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Workflow
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Scar
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Outbox
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Audit
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Operations
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Functions
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}

namespace OrchestratorFunctions.Tests.Architecture.Wrong.Database
{
    internal sealed record Thing;

    internal sealed record NamesEveryRoom(Everything All);
}
