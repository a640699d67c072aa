using System.Globalization;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace DurableTask.AzureFunctions;

/// <summary>An HTTP function.</summary>
/// <param name="Name">Its name, which is its folder's.</param>
/// <param name="Route">Its route, without a leading slash: with one the host would never reach it.</param>
/// <param name="Methods">Its HTTP methods, upper case.</param>
public sealed record HttpFunction(string Name, string Route, IReadOnlyList<string> Methods)
{
    /// <summary>One function for each route that the app serves by itself, with all the methods it serves there.</summary>
    /// <param name="sources">The app's endpoints.</param>
    /// <exception cref="InvalidOperationException">A route answers every method.</exception>
    public static IReadOnlyList<HttpFunction> Of(IEnumerable<EndpointDataSource> sources) =>
    [
        .. sources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<InvocationEndpoint>() is null)
            .GroupBy(endpoint => endpoint.RoutePattern.RawText!.Trim('/'), StringComparer.OrdinalIgnoreCase)
            .Select(group => new HttpFunction(NameOf(group.First().RoutePattern), group.Key, [.. group.SelectMany(MethodsOf).Distinct().Order(StringComparer.Ordinal)]))
            .OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase),
    ];

    // briefs/{token} is HttpBriefsByToken: readable in the portal, and never the name of an orchestrator or activity.
    private static string NameOf(RoutePattern pattern) => "Http" + string.Concat(pattern.PathSegments.SelectMany(segment => segment.Parts).Select(part => part switch
    {
        RoutePatternLiteralPart literal => Pascal(literal.Content),
        RoutePatternSeparatorPart separator => Pascal(separator.Content),
        RoutePatternParameterPart parameter => "By" + Pascal(parameter.Name),
        _ => "",
    }));

    private static string Pascal(string text) => string.Concat(text.Split(text.Where(character => !char.IsAsciiLetterOrDigit(character)).ToArray(), StringSplitOptions.RemoveEmptyEntries)
        .Select(word => char.ToUpper(word[0], CultureInfo.InvariantCulture) + word[1..]));

    private static IReadOnlyList<string> MethodsOf(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods
            ? methods
            : throw new InvalidOperationException($"The route '{endpoint.RoutePattern.RawText}' answers every method; say which ones it is for.");
}
