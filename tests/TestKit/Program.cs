using System.CommandLine;
using TestKit;
using TestKit.Player;

var root = new RootCommand("Stand-ins for the vendors of Project Orchestrator, and a player of its demo.")
{
    StandInsVerb.Create(),
    DemoVerb.Create(),
    ChatVerb.Create(),
};
return await root.Parse(args).InvokeAsync();
