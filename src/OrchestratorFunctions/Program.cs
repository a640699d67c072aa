using OrchestratorFunctions;
using OrchestratorFunctions.Operations;

return await Verbs.RunAsync(args, App.Build);
