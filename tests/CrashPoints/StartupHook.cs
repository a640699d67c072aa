using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;

/// <summary>
/// Loaded into a process under test by DOTNET_STARTUP_HOOKS; product code knows nothing of it. It watches the named SQL statements that Npgsql traces and kills the process
/// (kill -9: no handler, no flush) at the one that CRASH_AT names: "before:durable.commit_steps:2" = when that statement is about to be sent for the second time,
/// "after:…" = when its answer has come; "before:*:100" = at the hundredth named statement, whichever that is. CRASH_MARK is a file that is written first, so that a test can prove that the point was reached.
/// CRASH_FROM, where it is set, is a file before which nothing is counted: so a test counts from something that it does, not from the start of the process.
/// </summary>
#pragma warning disable MA0047 // The runtime looks for a class of this name outside of any namespace.
internal static class StartupHook
#pragma warning restore MA0047
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    private static string comment = "";
    private static int nth;
    private static int seen;
    private static string? from;

    public static void Initialize()
    {
        var at = Environment.GetEnvironmentVariable("CRASH_AT");
        if (string.IsNullOrEmpty(at))
        {
            return;
        }

        var parts = at.Split(':');
        (comment, nth) = (parts[1] == "*" ? "/* name: " : $"/* name: {parts[1]} */", int.Parse(parts[2], CultureInfo.InvariantCulture));
        from = Environment.GetEnvironmentVariable("CRASH_FROM");
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        switch (parts[0])
        {
            case "before":
                // An activity starts before Npgsql puts the statement into it. Its enrichment callback comes after that and before anything is sent, so that is put in place
                // here, when the first connection of each data source is opened.
                listener.ActivityStarted = _ => Enrich();
                break;
            case "after":
                listener.ActivityStopped = Look;
                break;
            default:
                throw new InvalidOperationException($"CRASH_AT={at} begins neither with before nor with after.");
        }

        ActivitySource.AddActivityListener(listener);
    }

    private static void Look(Activity activity)
    {
        if (activity.GetTagItem("db.query.text") is string text && text.Contains(comment, StringComparison.Ordinal) && (from is null || File.Exists(from)) && Interlocked.Increment(ref seen) == nth)
        {
            File.WriteAllText(Environment.GetEnvironmentVariable("CRASH_MARK")!, text);
            Process.GetCurrentProcess().Kill();
            Thread.Sleep(Timeout.Infinite);
        }
    }

    // The product's data sources set no callbacks of their own; these names are checked by every crash test, which fails when its point is never reached.
    private static void Enrich()
    {
        var reporters = (IEnumerable)Type.GetType("Npgsql.MetricsReporter, Npgsql", throwOnError: true)!.GetField("Reporters", Any)!.GetValue(null)!;
        lock (reporters)
        {
            foreach (var reporter in reporters)
            {
                var tracing = Get(Get(Get(reporter, "_dataSource"), "Configuration"), "TracingOptions");
                foreach (var name in new[] { "CommandEnrichmentCallback", "BatchEnrichmentCallback" })
                {
                    // A callback for any object serves as one for commands and for batches.
                    tracing.GetType().GetField($"<{name}>k__BackingField", Any)!.SetValue(tracing, (Action<Activity, object>)((activity, _) => Look(activity)));
                }
            }
        }
    }

    private static object Get(object from, string name)
    {
        for (var type = from.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetField(name, Any) is { } field)
            {
                return field.GetValue(from)!;
            }

            if (type.GetProperty(name, Any) is { } property)
            {
                return property.GetValue(from)!;
            }
        }

        throw new InvalidOperationException($"Npgsql has changed: {from.GetType()} has no {name}.");
    }
}
