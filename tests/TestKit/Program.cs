using System.CommandLine;
using TestKit;

var root = new RootCommand("Stand-ins for the vendors of Project Orchestrator, and a player of its demo.")
{
    StandInsVerb.Create(),
};
return await root.Parse(args).InvokeAsync();
