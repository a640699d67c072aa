namespace Bench.Measuring;

// Figures with as many digits as they mean something.
internal static class Text
{
    public static string Milliseconds(TimeSpan time) => time.TotalMilliseconds < 10 ? $"{time.TotalMilliseconds:0.00} ms" : $"{time.TotalMilliseconds:0} ms";

    public static string Seconds(TimeSpan time) => $"{time.TotalSeconds:0.00} s";

    public static string PerSecond(double rate) => rate < 100 ? $"{rate:0.0}/s" : $"{rate:#,0}/s";

    public static string Times(double ratio) => ratio < 10 ? $"{ratio:0.00} ×" : $"{ratio:0.0} ×";

    public static string Percent(double share) => share < 0.1 ? $"{share * 100:0.00} %" : $"{share * 100:0} %";

    public static string Megabytes(double bytes) => $"{bytes / 1_000_000:0.0} MB";
}
