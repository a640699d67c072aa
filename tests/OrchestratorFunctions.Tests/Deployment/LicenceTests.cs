using System.Text.Json;
using System.Xml.Linq;

namespace OrchestratorFunctions.Tests.Deployment;

/// <summary>Every package of the product, direct or by way of another, is under a licence that lets anybody use and pass it on.</summary>
public sealed class LicenceTests
{
    private static readonly string[] Allowed = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "PostgreSQL"];

    // Packages that name a file or an address instead of a licence, read by a person. Another version has to be read again.
    private static readonly Dictionary<string, string> Read = new(StringComparer.OrdinalIgnoreCase)
    {
        ["System.Security.Cryptography.ProtectedData/4.5.0"] = "MIT", // its LICENSE.TXT, which lies in the package: "The MIT License (MIT), Copyright (c) .NET Foundation and Contributors"
    };

    public static TheoryData<string> Projects => [.. Directory.EnumerateFiles(Checkout.PathOf("src"), "*.csproj", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Checkout.Root, Path.GetDirectoryName(path)!))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_package_is_under_a_licence_that_is_allowed(string project) => Assert.Empty(Faults(Checkout.Read(project, "obj", "project.assets.json"), Read));

    [Fact]
    public void The_packages_that_people_have_read_are_still_there()
    {
        using var assets = JsonDocument.Parse(Checkout.Read("src", "OrchestratorFunctions", "obj", "project.assets.json"));
        string[] packages = [.. assets.RootElement.GetProperty("libraries").EnumerateObject().Where(IsPackage).Select(library => library.Name)];
        Assert.InRange(packages.Length, 40, 200);
        Assert.All(Read.Keys, known => Assert.Contains(known, packages));
    }

    [Theory]
    [InlineData("""<license type="expression">MIT</license>""", null)]
    [InlineData("""<license type="expression">GPL-3.0-only OR MIT</license>""", null)]
    [InlineData("""<license type="expression">GPL-3.0-only</license>""", "Some.Package/1.2.3: GPL-3.0-only is not allowed")]
    [InlineData("""<license type="file">LICENSE.md</license>""", "Some.Package/1.2.3: names no licence (LICENSE.md); read it, and note it here")]
    [InlineData("<licenseUrl>https://example.org/licence</licenseUrl>", "Some.Package/1.2.3: names no licence (https://example.org/licence); read it, and note it here")]
    [InlineData("", "Some.Package/1.2.3: names no licence (nothing); read it, and note it here")]
    public void A_package_is_named_when_its_licence_is_not_allowed_or_not_known(string licence, string? fault)
    {
        var folder = Directory.CreateTempSubdirectory("orchestrator-licence-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "some.package", "1.2.3"));
            File.WriteAllText(Path.Combine(folder, "some.package", "1.2.3", "some.package.nuspec"), $"""<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>Some.Package</id>{licence}</metadata></package>""");
            var assets = JsonSerializer.Serialize(new Dictionary<string, object>
            {
                ["packageFolders"] = new Dictionary<string, object> { [folder] = new { } },
                ["libraries"] = new Dictionary<string, object> { ["Some.Package/1.2.3"] = new { type = "package", path = "some.package/1.2.3", files = new[] { "some.package.nuspec" } }, ["Ours/1.0.0"] = new { type = "project" } },
            });
            Assert.Equal(fault, Faults(assets, new Dictionary<string, string>()).SingleOrDefault());
            // What a person has read counts where the package names none, and only there.
            var isNamed = licence.Contains("expression", StringComparison.Ordinal);
            Assert.Equal(isNamed ? fault : null, Faults(assets, new Dictionary<string, string> { ["Some.Package/1.2.3"] = "MIT" }).SingleOrDefault());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("MIT", true)]
    [InlineData("mit", true)]
    [InlineData("GPL-2.0-only", false)]
    [InlineData("MIT OR GPL-2.0-only", true)]
    [InlineData("MIT AND GPL-2.0-only", false)]
    [InlineData("MIT AND Apache-2.0", true)]
    [InlineData("GPL-2.0-only OR MIT AND Apache-2.0", true)]
    [InlineData("(GPL-2.0-only OR MIT) AND MS-PL", false)]
    [InlineData("MIT OR (GPL-2.0-only AND MS-PL)", true)]
    [InlineData("Apache-2.0 WITH LLVM-exception", true)]
    [InlineData("GPL-2.0-only WITH Classpath-exception-2.0", false)]
    [InlineData("Apache-2.0+", true)]
    [InlineData("", false)]
    [InlineData("MIT OR", false)]
    [InlineData("MIT MIT", false)]
    [InlineData("(MIT", false)]
    [InlineData("MIT)", false)]
    [InlineData("OR MIT", false)]
    [InlineData("MIT WITH", false)]
    public void An_expression_is_met_as_its_words_say(string expression, bool met) => Assert.Equal(met, LicenceExpression.IsMet(expression, Allowed));

    private static IEnumerable<string> Faults(string assets, IReadOnlyDictionary<string, string> read)
    {
        using var document = JsonDocument.Parse(assets);
        string[] folders = [.. document.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name)];
        return [.. document.RootElement.GetProperty("libraries").EnumerateObject().Where(IsPackage).Select(library => Fault(library.Name, Nuspec(folders, library.Value), read)).OfType<string>()];
    }

    private static string? Fault(string package, XElement metadata, IReadOnlyDictionary<string, string> read)
    {
        XElement? Element(string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name);
        var licence = Element("license");
        var expression = licence?.Attribute("type")?.Value == "expression" ? licence.Value : read.GetValueOrDefault(package);
        return expression is null ? $"{package}: names no licence ({licence?.Value ?? Element("licenseUrl")?.Value ?? "nothing"}); read it, and note it here"
            : LicenceExpression.IsMet(expression, Allowed) ? null
            : $"{package}: {expression} is not allowed";
    }

    private static XElement Nuspec(string[] folders, JsonElement library)
    {
        var name = library.GetProperty("files").EnumerateArray().Select(file => file.GetString()!).Single(file => file.EndsWith(".nuspec", StringComparison.Ordinal));
        var path = folders.Select(folder => Path.Combine(folder, library.GetProperty("path").GetString()!, name)).First(File.Exists);
        return XDocument.Load(path).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    private static bool IsPackage(JsonProperty library) => library.Value.GetProperty("type").GetString() == "package";
}
