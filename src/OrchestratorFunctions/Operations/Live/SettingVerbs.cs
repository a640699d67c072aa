using System.CommandLine;

namespace OrchestratorFunctions.Operations.Live;

/// <summary><c>settings list|set|unset</c>: changes of a running app, in all of its processes.</summary>
internal static class SettingVerbs
{
    public static Command Create(Func<Func<LiveSettingStore, Task<int>>, Task<int>> run)
    {
        var list = new Command("list", "Show what is set over the environment.");
        list.SetAction((_, cancellationToken) => run(async store =>
        {
            foreach (var (name, value) in await store.AllAsync(cancellationToken))
            {
                await Console.Out.WriteLineAsync($"{name}={value}");
            }

            return 0;
        }));

        var setting = new Argument<string>("name") { Description = string.Join(", ", LiveSettings.Names.Keys) };
        setting.AcceptOnlyFromAmong([.. LiveSettings.Names.Keys]);
        var value = new Argument<string>("value") { Description = "As in the environment." };
        var set = new Command("set", "Set a value that holds within seconds, in every process.") { setting, value };
        set.SetAction((parsed, cancellationToken) => run(async store =>
        {
            var (name, text) = (parsed.GetValue(setting)!, parsed.GetValue(value)!.Trim());
            if (LiveSettings.Names[name](text) is { } problem)
            {
                await Console.Error.WriteLineAsync($"{name} {problem}");
                return 1;
            }

            await store.SetAsync(name, text, Operator.Name, cancellationToken);
            await Console.Out.WriteLineAsync($"{name}={text}");
            return 0;
        }));

        var unset = new Command("unset", "Let the environment's value hold again.") { setting };
        unset.SetAction((parsed, cancellationToken) => run(async store =>
        {
            if (await store.UnsetAsync(parsed.GetValue(setting)!, Operator.Name, cancellationToken))
            {
                await Console.Out.WriteLineAsync("unset");
                return 0;
            }

            await Console.Error.WriteLineAsync($"{parsed.GetValue(setting)} is not set here.");
            return 1;
        }));
        return new Command("settings", "Settings that change while the app runs.") { list, set, unset };
    }
}
