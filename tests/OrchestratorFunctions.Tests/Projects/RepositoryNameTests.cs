using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Tests.Projects;

public sealed class RepositoryNameTests
{
    [Theory]
    [InlineData("acme/app", "acme/app")]
    [InlineData("acme/app-two", "acme/app-two")]
    [InlineData("  acme/app\n", "acme/app")]
    [InlineData("acme/app/", "acme/app")]
    [InlineData("acme/app.git", "acme/app")]
    [InlineData("acme/app.GIT/", "acme/app")]
    [InlineData("ACME/App", "ACME/App")]
    [InlineData("acme/acme.github.io", "acme/acme.github.io")]
    [InlineData("https://github.com/acme/acme.github.io", "acme/acme.github.io")]
    [InlineData("https://github.com/acme/acme.github.io.git", "acme/acme.github.io")]
    [InlineData("https://github.com/acme/app", "acme/app")]
    [InlineData("HTTPS://GitHub.com/acme/app/", "acme/app")]
    [InlineData("http://www.github.com/acme/app.git", "acme/app")]
    [InlineData("https://www.github.com/acme/app", "acme/app")]
    [InlineData("www.github.com/acme/app", "acme/app")]
    [InlineData("github.com/acme/app", "acme/app")]
    [InlineData("git@github.com:acme/app.git", "acme/app")]
    [InlineData("ssh://git@github.com/acme/app.git", "acme/app")]
    [InlineData("git://github.com/acme/app.git", "acme/app")]
    [InlineData("a/b", "a/b")]
    [InlineData("acme/.github", "acme/.github")]
    [InlineData("acme/my.git.tool", "acme/my.git.tool")]
    [InlineData("ada_acme/app", "ada_acme/app")]
    [InlineData("acme-/app", "acme-/app")]
    [InlineData("ac--me/app", "ac--me/app")]
    public void What_names_a_repository_is_owner_and_name(string text, string expected) =>
        Assert.Equal(expected, RepositoryName.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("acme")]
    [InlineData("acme/")]
    [InlineData("/app")]
    [InlineData("acme//app")]
    [InlineData("acme/app/tree/main")]
    [InlineData("https://github.com/acme")]
    [InlineData("https://github.com/acme/app?tab=readme")]
    [InlineData("https://github.com/acme/app#readme")]
    [InlineData("https://gitlab.com/acme/app")]
    [InlineData("https://github.com.evil.example/acme/app")]
    [InlineData("https://evil.example/github.com/acme/app")]
    [InlineData("git@gitlab.com:acme/app.git")]
    [InlineData("-acme/app")]
    [InlineData("_acme/app")]
    [InlineData("acme/a b")]
    [InlineData("acme/app; rm -rf x")]
    [InlineData("acme/äpp")]
    [InlineData("acme/.")]
    [InlineData("acme/..")]
    [InlineData("acme/.git")]
    [InlineData("../app")]
    [InlineData("acme/app\nacme/other")]
    [InlineData("acme/app\0")]
    public void Everything_else_is_none(string text) => Assert.Null(RepositoryName.Parse(text));

    [Fact]
    public void Lengths_are_those_of_GitHub()
    {
        Assert.NotNull(RepositoryName.Parse($"{new string('a', 39)}/{new string('b', 100)}"));
        Assert.Null(RepositoryName.Parse($"{new string('a', 40)}/b"));
        Assert.Null(RepositoryName.Parse($"a/{new string('b', 101)}"));
    }
}
