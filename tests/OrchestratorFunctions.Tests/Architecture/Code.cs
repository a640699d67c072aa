using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace OrchestratorFunctions.Tests.Architecture;

/// <summary>One type that names another, somewhere in its signatures or bodies.</summary>
internal sealed record Dependency(string FromNamespace, string From, string ToNamespace, string To)
{
    public override string ToString() => $"{FromNamespace}.{From} uses {ToNamespace}.{To}";
}

/// <summary>What the types of an assembly depend on. What the compiler nests in a type (lambdas, state machines) counts as the type itself.</summary>
internal sealed class Code
{
    private Code(System.Reflection.Assembly assembly, string root)
    {
        Root = root;
        var architecture = new ArchLoader().LoadAssemblies(assembly).Build();
        Dependencies =
        [
            // A type parameter has no namespace.
            .. architecture.Types.Where(type => type.Namespace?.FullName.StartsWith(root, StringComparison.Ordinal) ?? false)
                .SelectMany(type => type.Dependencies.Where(dependency => dependency.Target.Namespace is not null).Select(dependency => new Dependency(type.Namespace.FullName, Outermost(type), dependency.Target.Namespace.FullName, Outermost(dependency.Target))))
                .Where(dependency => dependency.FromNamespace != dependency.ToNamespace || dependency.From != dependency.To)
                .Distinct(),
        ];
    }

    /// <summary>The app.</summary>
    public static Code App { get; } = new(typeof(App).Assembly, "OrchestratorFunctions");

    /// <summary>Code that breaks every rule on purpose, laid out like the app.</summary>
    public static Code Wrong { get; } = new(typeof(Code).Assembly, typeof(Code).Namespace + ".Wrong");

    /// <summary>The namespace above the rooms.</summary>
    public string Root { get; }

    public IReadOnlyList<Dependency> Dependencies { get; }

    private static string Outermost(IType type) => type.FullName[(type.Namespace.FullName.Length + 1)..].Split('+', '/')[0].Split('`', '<')[0];
}
