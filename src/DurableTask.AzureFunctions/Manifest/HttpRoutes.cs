using Microsoft.AspNetCore.Routing.Patterns;

namespace DurableTask.AzureFunctions;

// The host picks the function of a request in the alphabetical order of their names, not by the best match. That is harmless as long as whatever it picks
// forwards the request as it came, since our own routing then decides; so what is refused here is what would not.
internal static class HttpRoutes
{
    // The host's own.
    private static readonly string[] Reserved = ["admin", "runtime"];

    public static void Check(IReadOnlyCollection<HttpFunction> raw, IReadOnlyCollection<HttpFunction> wrapped)
    {
        foreach (var function in raw.Concat(wrapped))
        {
            var pattern = RoutePatternFactory.Parse(function.Route);
            if (pattern.Parameters.Any(parameter => parameter.IsCatchAll))
            {
                throw new InvalidOperationException($"The route '{function.Route}' takes everything below it: the host would send it what is meant for other functions. Name the routes one by one.");
            }

            if (pattern.PathSegments.Count == 0)
            {
                throw new InvalidOperationException("The root of the app cannot be a function: the host takes an empty route for the function's name.");
            }

            if (FirstWord(pattern) is not { } first || Reserved.Contains(first, StringComparer.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException($"The route '{function.Route}' does not begin with a word of its own; '{string.Join("' and '", Reserved)}' belong to the host.");
            }
        }

        foreach (var function in wrapped)
        {
            if (raw.Concat(wrapped.Where(other => other != function)).FirstOrDefault(other => Meet(function.Route, other.Route)) is { } other)
            {
                throw new InvalidOperationException($"The routes '{function.Route}' and '{other.Route}' meet, and the host would choose between them by name.");
            }
        }
    }

    // Whether a path exists that both take.
    internal static bool Meet(string one, string other)
    {
        var (first, second) = (RoutePatternFactory.Parse(one).PathSegments, RoutePatternFactory.Parse(other).PathSegments);
        var shorter = Math.Min(first.Count, second.Count);
        return first.Skip(shorter).Concat(second.Skip(shorter)).All(IsOptional)
            && first.Zip(second).All(pair => Word(pair.First) is not { } word || Word(pair.Second) is not { } otherWord || word.Equals(otherWord, StringComparison.OrdinalIgnoreCase));
    }

    private static string? FirstWord(RoutePattern pattern) => Word(pattern.PathSegments[0]);

    private static string? Word(RoutePatternPathSegment segment) => segment.IsSimple && segment.Parts[0] is RoutePatternLiteralPart literal ? literal.Content : null;

    private static bool IsOptional(RoutePatternPathSegment segment) => segment.Parts.All(part => part is RoutePatternParameterPart { IsOptional: true });
}
