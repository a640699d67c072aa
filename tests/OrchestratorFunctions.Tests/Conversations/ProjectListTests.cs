using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Tests.Conversations;

public sealed class ProjectListTests
{
    [Theory]
    [InlineData("")]
    [InlineData("x")]
    public void A_long_name_on_a_button_is_cut_between_characters(string before)
    {
        var label = LabelOf(before + string.Concat(Enumerable.Repeat("🍞", 60)));
        Assert.InRange(label.Length, 39, 40);
        Assert.EndsWith("🍞…", label, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_fits_is_whole()
    {
        Assert.Equal(new string('x', 40), LabelOf(new string('x', 40)));
        Assert.Equal(new string('x', 39) + "…", LabelOf(new string('x', 41)));
    }

    [Fact]
    public void The_newest_twenty_have_a_button_and_so_has_a_new_project()
    {
        var list = ProjectList.Of([.. Enumerable.Range(1, 25).Select(number => Named($"Project {number}"))], "telegram:1", "key");
        Assert.Equal(21, list.Buttons.Count);
        Assert.Equal(("Project 6", "Project 25", "New project"), (list.Buttons[0].Label, list.Buttons[19].Label, list.Buttons[20].Label));
    }

    private static string LabelOf(string name) => ProjectList.Of([Named(name)], "telegram:1", "key").Buttons[0].Label;

    private static Project Named(string name) => new(Guid.NewGuid(), name, "telegram:1", "telegram:1", null, ProjectStatus.Brainstorming, null, 0);
}
