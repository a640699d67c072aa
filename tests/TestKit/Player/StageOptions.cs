using System.CommandLine;
using System.CommandLine.Parsing;

namespace TestKit.Player;

/// <summary>The two options that demo and chat share.</summary>
internal static class StageOptions
{
    public static Option<string> App() => new("--app") { Description = "The app's executable.", Required = true };

    public static Option<string> Database() => new("--database") { Description = "postgresql://user:password@host:port/any: a server on which a database of its own is made, and dropped at the end. Else DATABASE_URL, which no other user of the machine can read.", DefaultValueFactory = Given };

    private static string Given(ArgumentResult result)
    {
        var url = Environment.GetEnvironmentVariable("DATABASE_URL");
        if (string.IsNullOrEmpty(url))
        {
            result.AddError("--database or DATABASE_URL is needed.");
        }

        return url ?? "";
    }
}
