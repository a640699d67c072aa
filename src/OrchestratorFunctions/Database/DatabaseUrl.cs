using System.Web;
using Npgsql;

namespace OrchestratorFunctions.Database;

/// <summary>Reads DATABASE_URL in its URL forms and as an Npgsql connection string.</summary>
internal static class DatabaseUrl
{
    /// <summary>The connection string that <paramref name="url"/> stands for.</summary>
    /// <exception cref="FormatException">The text is neither form; the message never repeats it, since it holds a password.</exception>
    public static string ToConnectionString(string url)
    {
        if (!url.Contains("://", StringComparison.Ordinal))
        {
            return Builder(url).ConnectionString;
        }

        var scheme = url[..url.IndexOf("://", StringComparison.Ordinal)];
        if (scheme is not ("postgres" or "postgresql" or "postgresql+asyncpg") ||
            !Uri.TryCreate("postgresql" + url[scheme.Length..], UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            throw new FormatException("is not of the form postgresql://user:password@host:port/database.");
        }

        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Port = uri.Port > 0 ? uri.Port : 5432,
            Database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')) is { Length: > 0 } name ? name : null,
        };
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length == 2)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        var query = HttpUtility.ParseQueryString(uri.Query);
        foreach (var key in query.AllKeys.OfType<string>())
        {
            if (key.ToUpperInvariant() is "SSLMODE" or "SSL")
            {
                // libpq writes verify-full where Npgsql writes VerifyFull.
                Set(builder, "SSL Mode", query[key]!.Replace("-", "", StringComparison.Ordinal));
            }
            else
            {
                Set(builder, key, query[key]!);
            }
        }

        return builder.ConnectionString;
    }

    /// <summary>What is wrong with <paramref name="url"/>, or null.</summary>
    public static string? Problem(string url)
    {
        try
        {
            ToConnectionString(url);
            return null;
        }
        catch (FormatException fault)
        {
            return fault.Message;
        }
    }

    private static NpgsqlConnectionStringBuilder Builder(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text);
        }
        catch (ArgumentException fault)
        {
            throw new FormatException("is neither a postgresql:// URL nor an Npgsql connection string.", fault);
        }
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string key, string value)
    {
        try
        {
            builder[key] = value;
        }
        catch (ArgumentException fault)
        {
            throw new FormatException($"has a parameter that is not known: {key}.", fault);
        }
    }
}
