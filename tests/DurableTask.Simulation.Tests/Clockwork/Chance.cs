namespace DurableTask.Simulation.Tests.Clockwork;

// Chance that is the same for the same seed, on every machine and every version of .NET (SplitMix64).
internal sealed class Chance(ulong seed)
{
    private ulong state = seed;

    // A stream of its own for each purpose, so that what one draws does not change what the others get.
    public Chance For(string purpose)
    {
        var mixed = state;
        foreach (var letter in purpose)
        {
            mixed = (mixed ^ letter) * 0x100000001B3;
        }

        return new Chance(mixed);
    }

    public ulong Next()
    {
        var mixed = state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    // From the first number on, below the second.
    public int Between(int first, int end) => first + (int)(Next() % (ulong)(end - first));

    public bool OneIn(int number) => Next() % (ulong)number == 0;

    public T Of<T>(params ReadOnlySpan<T> choices) => choices[Between(0, choices.Length)];
}
