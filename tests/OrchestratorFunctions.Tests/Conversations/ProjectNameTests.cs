using OrchestratorFunctions.Conversations;

namespace OrchestratorFunctions.Tests.Conversations;

public sealed class ProjectNameTests
{
    [Theory]
    [InlineData("A page for my bakery.", "A page for my bakery")]
    [InlineData("  I   want\n\na\tpage  ", "I want a page")]
    [InlineData("one two three four five six seven eight nine ten", "one two three four five six seven eight")]
    [InlineData("A web page where the customers of my bakery order bread", "A web page where the customers")]
    [InlineData("A page for the", "A page for the")]
    [InlineData("**Bold** _idea_ `x` [link](#a) <b>", "Bold idea x link(a) b")]
    [InlineData("", "My idea")]
    [InlineData(" \n ", "My idea")]
    [InlineData("... *** ---", "---")]
    [InlineData("***", "My idea")]
    public void A_name_is_the_beginning_of_what_was_said(string said, string name) => Assert.Equal(name, ProjectName.From(said));

    [Theory]
    [InlineData("a")]
    [InlineData("🍞")]
    [InlineData("x🍞")]
    public void A_name_has_at_most_60_characters_and_none_is_cut_in_two(string unit)
    {
        var name = ProjectName.From(string.Concat(Enumerable.Repeat(unit, 5000)));
        Assert.InRange(name.Length, 59, 60);
        Assert.False(char.IsHighSurrogate(name[^1]));
    }
}
