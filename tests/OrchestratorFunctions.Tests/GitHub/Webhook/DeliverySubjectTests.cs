using OrchestratorFunctions.GitHub.Webhook;

namespace OrchestratorFunctions.Tests.GitHub.Webhook;

public sealed class DeliverySubjectTests
{
    [Fact]
    public void A_comment_has_one_name_whichever_hook_tells_of_it() =>
        Assert.Equal(KeyOf("created", "hello"), DeliverySubject.KeyOf("issue_comment", Comment("created", "hello") with { Installation = new Installation(1) }));

    [Fact]
    public void Two_changes_of_a_comment_in_one_second_are_two_things_and_one_of_them_told_twice_is_one()
    {
        Assert.NotEqual(KeyOf("created", "hello"), KeyOf("edited", "hello"));
        Assert.NotEqual(KeyOf("edited", "RESULT 1"), KeyOf("edited", "RESULT 1 SUCCESS"));
        Assert.Equal(KeyOf("edited", "RESULT 1"), KeyOf("edited", "RESULT 1"));
    }

    private static string? KeyOf(string action, string body) => DeliverySubject.KeyOf("issue_comment", Comment(action, body));

    private static Payload Comment(string action, string body) => new() { Action = action, Comment = new Comment(4, body, null, "2026-11-29T00:00:00Z", "2026-11-29T00:00:00Z") };
}
