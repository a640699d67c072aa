using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Visions;
using Xunit;

namespace OrchestratorFunctions.Tests.Visions;

public sealed class VisionTests
{
    internal const string BreadSha256 = "c0e3a19879c38c2a97b7bd9b67d24883bb94665cb22b9319d57287979bffcb07";

    internal static readonly Vision Bread = new(
        "An order book for a bakery in Köln.", ["Bakers", "Customers"], "Writing orders on paper loses one in ten.", "Orders are kept in one place.",
        [new KeyFeature("Take an order", "Write down who wants what, and when.", FeaturePriority.High), new KeyFeature("Remind", "Tell the customer when it is ready.", FeaturePriority.Low)],
        "Open it, choose, done.", ["No order is lost in a month"], ["Paying"]);

    [Fact]
    public void The_hash_is_taken_over_keys_in_a_fixed_order_and_does_not_change_between_releases()
    {
        Assert.Equal(
            """{"what_it_is":"An order book for a bakery in Köln.","who_its_for":["Bakers","Customers"],"problem_statement":"Writing orders on paper loses one in ten.","solution_overview":"Orders are kept in one place.","key_features":[{"name":"Take an order","description":"Write down who wants what, and when.","priority":"HIGH"},{"name":"Remind","description":"Tell the customer when it is ready.","priority":"LOW"}],"user_journey":"Open it, choose, done.","success_metrics":["No order is lost in a month"],"out_of_scope":["Paying"]}""",
            Bread.ToCanonicalJson());
        Assert.Equal(BreadSha256, Hash(Bread));
    }

    [Fact]
    public void What_looks_the_same_has_the_same_hash()
    {
        var untidy = Bread with { WhatItIs = "  An order book for a bakery in Köln.\0\r\n", WhoItsFor = ["Bakers ", "", "Customers"], OutOfScope = ["Paying", " "] };

        Assert.Equal(Hash(Bread), Hash(untidy));
        Assert.NotEqual(Hash(Bread), Hash(Bread with { OutOfScope = [] }));
        Assert.NotEqual(Hash(Bread), Hash(Bread with { WhoItsFor = ["Customers", "Bakers"] }));
    }

    [Fact]
    public void A_stored_vision_is_read_back_as_it_was() =>
        Assert.Equal(Bread.ToCanonicalJson(), Vision.FromCanonicalJson(Bread.ToCanonicalJson()).ToCanonicalJson());

    [Fact]
    public void A_person_reads_it_under_plain_headings() => Assert.Equal(
        """
        # Bakery

        ## What it is

        An order book for a bakery in Köln.

        ## Who it is for

        - Bakers
        - Customers

        ## The problem

        Writing orders on paper loses one in ten.

        ## The solution

        Orders are kept in one place.

        ## What it can do

        ### Take an order (must have)

        Write down who wants what, and when.

        ### Remind (nice to have)

        Tell the customer when it is ready.

        ## How it is used

        Open it, choose, done.

        ## How we know that it works

        - No order is lost in a month

        ## Not in the first version

        - Paying

        """.ReplaceLineEndings("\n"),
        VisionMarkdown.Write("Bakery", Bread));

    [Fact]
    public void A_vision_with_a_hole_or_without_end_is_not_shown()
    {
        Assert.Null(Bread.Fault());
        Assert.Null((Bread with { OutOfScope = [] }).Fault());
        Assert.Equal("what_it_is is empty.", (Bread with { WhatItIs = " \0" }).Fault());
        Assert.Equal("who_its_for is empty.", (Bread with { WhoItsFor = [" "] }).Fault());
        Assert.Equal("key_features is empty.", (Bread with { KeyFeatures = [] }).Fault());
        Assert.Equal("key_features is empty.", (Bread with { KeyFeatures = [new KeyFeature("name", "", FeaturePriority.High)] }).Fault());
        Assert.StartsWith("each key feature needs a name", (Bread with { KeyFeatures = [new KeyFeature("", "text", FeaturePriority.High)] }).Fault(), StringComparison.Ordinal);
        Assert.StartsWith("user_journey is too long", (Bread with { UserJourney = new string('x', 4001) }).Fault(), StringComparison.Ordinal);
        Assert.StartsWith("out_of_scope is too long", (Bread with { OutOfScope = [.. Enumerable.Repeat("x", 21)] }).Fault(), StringComparison.Ordinal);
    }

    private static string Hash(Vision vision) => new NewDocument(Guid.Empty, DocumentKind.Vision, "key", "", vision.ToCanonicalJson()).Sha256;
}
