using Xunit;

namespace OrchestratorFunctions.Tests.Architecture;

public sealed class ArrowTests
{
    public static TheoryData<string> RoomNames => [.. Rooms.Names];

    [Fact]
    public void Rooms_name_only_the_rooms_that_their_arrows_lead_to() => Assert.Empty(Rules.ForbiddenArrows(Code.App));

    [Theory]
    [MemberData(nameof(RoomNames))]
    public void A_room_that_names_every_other_is_caught_for_each_forbidden_one(string from)
    {
        var caught = Rules.ForbiddenArrows(Code.Wrong).Where(use => use.From == "NamesEveryRoom" && Rooms.Of(Code.Wrong.Root, use.FromNamespace) == from).Select(use => Rooms.Of(Code.Wrong.Root, use.ToNamespace)!);
        var forbidden = Rooms.Names.Where(to => to != from && !Rooms.MayUse[from].Contains(to));
        Assert.Equal(forbidden.Order(StringComparer.Ordinal), caught.Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("NamesInField")]
    [InlineData("NamesInAsyncBody")]
    [InlineData("NamesInLambda")]
    [InlineData("NamesAsArgument")]
    public void A_use_is_seen_wherever_it_hides(string offender) =>
        Assert.Contains(Rules.ForbiddenArrows(Code.Wrong), use => use.From == offender && use.ToNamespace.EndsWith(".Conversations", StringComparison.Ordinal));

    [Fact]
    public void An_activity_that_is_only_named_is_no_use() => Assert.DoesNotContain(Rules.ForbiddenArrows(Code.Wrong), use => use.From == "NamesByString");

    [Fact]
    public void The_arrows_lead_to_rooms_that_there_are() =>
        Assert.All(Rooms.MayUse.Values.SelectMany(rooms => rooms), room => Assert.Contains(room, Rooms.Names));

    [Fact]
    public void Each_arrow_is_used()
    {
        var used = Code.App.Dependencies.Select(use => (Rooms.Of(Code.App.Root, use.FromNamespace), Rooms.Of(Code.App.Root, use.ToNamespace))).ToHashSet();
        Assert.All(Rooms.MayUse.SelectMany(room => room.Value.Select(to => ((string?)room.Key, (string?)to))), arrow => Assert.Contains(arrow, used));
    }
}
