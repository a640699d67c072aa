using System.Text;
using OrchestratorFunctions.GitHub.Webhook;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.GitHub.Webhook;

public sealed class WebhookSignatureTests
{
    // The worked example of GitHub's documentation.
    private const string Secret = "It's a Secret to Everybody";
    private const string Documented = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    private static readonly byte[] Body = "Hello, World!"u8.ToArray();

    [Fact]
    public void The_documented_example_is_valid() => Assert.Equal(SignatureVerdict.Valid, WebhookSignature.Judge(Body, Documented, [Secret]));

    [Theory]
    [InlineData(null, nameof(SignatureVerdict.Missing))]
    [InlineData("", nameof(SignatureVerdict.Missing))]
    [InlineData("sha256=", nameof(SignatureVerdict.Malformed))]
    [InlineData("sha256", nameof(SignatureVerdict.Malformed))]
    [InlineData("sha1=757107ea0eb2509fc211221cce984b8a37570b6d", nameof(SignatureVerdict.Malformed))]
    [InlineData("sha1=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", nameof(SignatureVerdict.Malformed))]
    [InlineData("sha256==757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1", nameof(SignatureVerdict.Malformed))]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1", nameof(SignatureVerdict.Malformed))]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e177", nameof(SignatureVerdict.Malformed))]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043eZZ", nameof(SignatureVerdict.Malformed))]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e18", nameof(SignatureVerdict.Mismatch))]
    [InlineData(Documented + ",sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", nameof(SignatureVerdict.Malformed))]
    public void Any_other_is_named_for_what_it_is(string? header, string expected) => Assert.Equal(expected, WebhookSignature.Judge(Body, header, [Secret]).ToString());

    [Fact]
    public void Another_body_is_a_mismatch() => Assert.Equal(SignatureVerdict.Mismatch, WebhookSignature.Judge("Hello, World?"u8, Documented, [Secret]));

    [Fact]
    public void While_a_secret_is_replaced_both_are_good()
    {
        Assert.Equal(SignatureVerdict.Valid, WebhookSignature.Judge(Body, Documented, ["a new one", Secret]));
        Assert.Equal(SignatureVerdict.Valid, WebhookSignature.Judge(Body, GitHubPerson.Sign(Body, "a new one"), ["a new one", Secret]));
        Assert.Equal(SignatureVerdict.Mismatch, WebhookSignature.Judge(Body, Documented, ["a new one"]));
    }

    [Fact]
    public void Without_a_secret_nothing_is_valid()
    {
        Assert.Equal(SignatureVerdict.Mismatch, WebhookSignature.Judge(Body, Documented, []));
        Assert.Equal(SignatureVerdict.Mismatch, WebhookSignature.Judge(Body, GitHubPerson.Sign(Body, ""), [""]));
    }

    [Fact]
    public void The_digits_may_be_upper_case() => Assert.Equal(SignatureVerdict.Valid, WebhookSignature.Judge(Body, "sha256=" + Documented[7..].ToUpperInvariant(), [Secret]));

    [Fact]
    public void A_changed_bit_anywhere_is_a_mismatch()
    {
        var body = Encoding.UTF8.GetBytes("""{ "action": "created" }""");
        var signature = GitHubPerson.Sign(body, Secret);
        for (var index = 0; index < body.Length; index++)
        {
            body[index] ^= 1;
            Assert.Equal(SignatureVerdict.Mismatch, WebhookSignature.Judge(body, signature, [Secret]));
            body[index] ^= 1;
        }
    }
}
