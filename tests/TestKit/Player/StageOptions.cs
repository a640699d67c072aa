using System.CommandLine;

namespace TestKit.Player;

/// <summary>The two options that demo and chat share.</summary>
internal static class StageOptions
{
    public static Option<string> App() => new("--app") { Description = "The app's executable.", Required = true };

    public static Option<string> Database() => new("--database") { Description = "postgresql://user:password@host:port/any: a server on which a database of its own is made, and dropped at the end.", Required = true };
}
