using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace OrchestratorFunctions.Operations.Limits;

/// <summary>A comma list of addresses and networks: <c>203.0.113.7, 198.51.100.0/24, 2001:db8::/32</c>.</summary>
internal static partial class AddressList
{
    /// <summary>The networks of a list that has no problem; a single address is a network of one.</summary>
    public static IReadOnlyList<IPNetwork> Parse(string? text) => [.. Parts(text).Select(part => TryParse(part) ?? throw new FormatException(Problem(text!)))];

    /// <summary>What is wrong with <paramref name="text"/>, or null.</summary>
    public static string? Problem(string text) =>
        Parts(text).FirstOrDefault(part => TryParse(part) is null) is { } wrong ? $"has an entry that is neither an address nor a network: {wrong}" : null;

    /// <summary>Whether one of <paramref name="networks"/> has <paramref name="address"/>, an IPv4 address also in its IPv6 form.</summary>
    public static bool Has(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        var plain = Plain(address);
        return networks.Any(network => network.Contains(plain));
    }

    /// <summary>What a limit counts by: the address, or for IPv6 its /64, which one customer has as a whole.</summary>
    public static string ClientKey(IPAddress? address)
    {
        if (address is null)
        {
            return "unknown";
        }

        var plain = Plain(address);
        if (plain.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(plain))
        {
            return plain.ToString();
        }

        var bytes = plain.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return $"{new IPAddress(bytes)}/64";
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    // "203.0.113" would be read as 203.0.0.113, and 010 as 8: nobody means that who writes it, and the one who was meant would pass.
    private static IPNetwork? TryParse(string part) => !part.Contains(':', StringComparison.Ordinal) && !FourNumbers().IsMatch(part) ? null
        : IPNetwork.TryParse(part, out var network) ? network
        : IPAddress.TryParse(part, out var address) ? Single(Plain(address)) : null;

    private static IPNetwork Single(IPAddress address) => new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);

    [GeneratedRegex(@"\A(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}(/[0-9]{1,2})?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex FourNumbers();

    private static string[] Parts(string? text) => (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
