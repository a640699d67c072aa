using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace DurableTask.PostgreSql.Tests.Hub;

// What a counter of the engine counts from now on, by its first tag. It belongs to the process: other tests count on it as well.
internal sealed class Counted : IDisposable
{
    private readonly MeterListener listener = new();

    public Counted(string counter)
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == counter)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => Tags.Enqueue((string)tags[0].Value!));
        listener.Start();
    }

    public ConcurrentQueue<string> Tags { get; } = [];

    public void Dispose() => listener.Dispose();
}
