using Microsoft.Extensions.Options;

namespace OrchestratorFunctions.Operations;

/// <summary>Settings that switch something on say what is off without them, and by which setting it would be on.</summary>
internal interface INamesWhatIsOff
{
    IEnumerable<string> WhatIsOff();

    /// <summary>What is on and protects nothing, and what to do. It hinders no start: an operator may be trying things out.</summary>
    IEnumerable<string> WhatIsWeak() => [];
}

/// <summary>A type that settings are bound to.</summary>
internal sealed record BoundSettings(Type Type);

/// <summary>Settings are flat names from the environment or local.settings.json; each room binds those it owns.</summary>
internal static class Settings
{
    private const int ShortestSecret = 16;

    /// <summary>
    /// Binds <typeparamref name="TOptions"/> by its <c>ConfigurationKeyName</c>s and validates it when the app starts.
    /// An empty value counts as unset, so that the sample can name every key.
    /// </summary>
    public static OptionsBuilder<TOptions> AddSettings<TOptions>(this IServiceCollection services, IConfiguration configuration)
        where TOptions : class
    {
        var given = new ConfigurationBuilder()
            .AddInMemoryCollection(configuration.GetChildren().Where(section => !string.IsNullOrWhiteSpace(section.Value))
                .Select(section => KeyValuePair.Create(section.Key, (string?)section.Value!.Trim())))
            .Build();
        if (typeof(TOptions).IsAssignableTo(typeof(INamesWhatIsOff)))
        {
            services.AddSingleton(provider => (INamesWhatIsOff)provider.GetRequiredService<IOptions<TOptions>>().Value);
        }

        services.AddSingleton(new BoundSettings(typeof(TOptions)));
        // One instance for those who read it and for the validation at the start: each is bound and validated by reflection.
        services.AddSingleton<IOptions<TOptions>>(provider => Options.Create(provider.GetRequiredService<IOptionsMonitor<TOptions>>().CurrentValue));
        return services.AddOptions<TOptions>().Configure(options => Bind(given, options)).ValidateDataAnnotations().ValidateOnStart();
    }

    /// <summary>Checks all settings now, all faults at once, instead of when each is first used.</summary>
    public static void Validate(IServiceProvider services) => services.GetService<IStartupValidator>()?.Validate();

    /// <summary>Says of each secret that can be guessed what to do about it: by the setting's name, never the value.</summary>
    /// <param name="secrets">Names and values; one that is not set is no secret.</param>
    public static IEnumerable<string> Weak(params IEnumerable<(string Name, string? Value)> secrets) =>
        secrets.Where(secret => secret.Value is { Length: < ShortestSecret })
            .Select(secret => $"{secret.Name} has fewer than {ShortestSecret} characters and can be guessed: set a random one of 32 (openssl rand -hex 16), and tell the vendor");

    /// <summary>The faults of all settings, one line each, or null when <paramref name="exception"/> is about something else.</summary>
    public static IReadOnlyList<string>? Faults(Exception exception) => exception switch
    {
        OptionsValidationException validation => [.. validation.Failures.Select(Plain)],
        AggregateException aggregate when aggregate.InnerExceptions.All(inner => inner is OptionsValidationException) =>
            [.. aggregate.InnerExceptions.SelectMany(inner => Faults(inner)!)],
        FormatException format => [format.Message],
        _ => null,
    };

    // A value of the wrong kind is a fault like any other: thrown as it is, it would hide those of the other rooms.
    private static void Bind<TOptions>(IConfigurationRoot given, TOptions options)
        where TOptions : class
    {
        try
        {
            given.Bind(options);
        }
        catch (InvalidOperationException wrong)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(TOptions), [wrong.Message]);
        }
    }

    // "DataAnnotation validation failed for 'X' members: '' with the error: 'TEXT'." says in its middle what the operator needs.
    private static string Plain(string failure)
    {
        const string marker = "with the error: '";
        var start = failure.IndexOf(marker, StringComparison.Ordinal);
        return start < 0 ? failure : failure[(start + marker.Length)..].TrimEnd('.', '\'');
    }
}
