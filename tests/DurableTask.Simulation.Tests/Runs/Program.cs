using System.Diagnostics;
using DurableTask.Simulation.Tests.Mutations;
using DurableTask.Simulation.Tests.Runs;

// ./test simulation: any seeds, or one of them with all that happened in it. ./test mutations: which seed fails without which guard.
ulong first = 1;
var number = 2000;
var isOne = false;
for (var n = 1; n < args.Length; n += 2)
{
    var value = n + 1 < args.Length ? args[n + 1] : "";
    var isRight = args[n] switch
    {
        "--seeds" => int.TryParse(value, out number) && number > 0,
        "--from" => ulong.TryParse(value, out first),
        "--seed" => isOne = ulong.TryParse(value, out first),
        _ => false,
    };
    if (!isRight)
    {
        Console.Error.WriteLine($"simulation: {args[n]} {value} is not understood; see ./test --help");
        return 2;
    }
}

var seeds = new Seeds();
await seeds.InitializeAsync();
var since = Stopwatch.GetTimestamp();
var (passed, failed) = args is ["mutations", ..] ? await MutateAsync() : await SimulateAsync();
await seeds.DisposeAsync();
Console.WriteLine($"{passed} passed, {failed} failed, 0 skipped");
return failed == 0 ? 0 : 1;

async Task<(int Passed, int Failed)> SimulateAsync()
{
    var results = await seeds.RunAsync(first, isOne ? 1 : number);
    if (isOne)
    {
        Console.WriteLine(string.Join('\n', results[0].Trace));
    }

    foreach (var wrong in results.Where(one => !one.IsRight))
    {
        Console.WriteLine(wrong.Report());
    }

    var elapsed = Stopwatch.GetElapsedTime(since);
    Console.WriteLine($"{results.Count} seeds in {elapsed.TotalSeconds:0.0} s ({elapsed.TotalMilliseconds / results.Count:0} ms each): {Figures.Of(results)}");
    return (results.Count(one => one.IsRight), results.Count(one => !one.IsRight));
}

async Task<(int Passed, int Failed)> MutateAsync()
{
    var missed = 0;
    foreach (var mutation in Mutation.All)
    {
        var results = await seeds.RunAsync(first, number, mostFailed: 1, mutation);
        var found = results.FirstOrDefault(one => !one.IsRight);
        missed += found is null ? 1 : 0;
        Console.WriteLine($"{mutation.Guard} ({mutation.Statement}): {(found is null ? $"NOT NOTICED by {results.Count} seeds" : $"seed {found.Seed}, {found.Violations[0]}")}");
    }

    return (Mutation.All.Count - missed, missed);
}
