using System.Text.Json.Nodes;
using TestKit.Models;

namespace TestKit.Tests.Models;

public class InterviewModelTests
{
    private static readonly string[] Answers =
        ["An app for booking dog walks", "Busy dog owners and walkers", "They call around for hours", "Book a walk, see the walker on a map and rate the walk", "Open it, choose a walker, done", "Ten walks a week"];

    private static readonly JsonObject Vision = JsonNode.Parse("""
        {"type":"object","additionalProperties":false,"required":["what_it_is","who_its_for","key_features","score","complete"],"properties":{
          "what_it_is":{"type":"string","minLength":1,"maxLength":4000},
          "who_its_for":{"type":"array","minItems":1,"items":{"type":"string"}},
          "key_features":{"type":"array","minItems":3,"maxItems":7,"items":{"type":"object","additionalProperties":false,"required":["name","description","priority"],"properties":{
            "name":{"type":"string","maxLength":120},"description":{"type":"string"},"priority":{"enum":["HIGH","LOW"]}}}},
          "score":{"type":"number","minimum":0,"maximum":1},
          "complete":{"type":"boolean"}}}
        """)!.AsObject();

    [Fact]
    public void It_asks_one_thing_at_a_time_and_offers_the_vision_when_all_is_answered()
    {
        var talk = new List<ModelMessage>();
        var asked = new List<string>();
        foreach (var answer in Answers)
        {
            talk.Add(new ModelMessage("user", answer, []));
            var reply = InterviewModel.Reply(Request(talk));
            asked.Add(reply.Text);
            if (answer != Answers[^1])
            {
                Assert.Single(reply.Text, letter => letter == '?');
                talk.Add(new ModelMessage("assistant", reply.Text, []));
            }
            else
            {
                Assert.Equal("offer_vision", reply.Calls.Single().Name);
                talk.Add(new ModelMessage("assistant", "", reply.Calls));
                talk.Add(new ModelMessage("tool", "offered", [], reply.Calls.Single().Id));
                Assert.Contains("Generate vision", InterviewModel.Reply(Request(talk)).Text, StringComparison.Ordinal);
            }
        }

        Assert.Equal(asked.Count, asked.Distinct().Count());
    }

    [Fact]
    public void A_schema_is_filled_from_the_persons_words_and_fits()
    {
        var filled = Fill(Talk(Answers));

        Schema.AssertFits(filled, Vision);
        Assert.Equal(Answers[0], filled["what_it_is"]!.GetValue<string>());
        Assert.Equal(["Busy dog owners", "walkers"], filled["who_its_for"]!.AsArray().Select(item => item!.GetValue<string>()));
        Assert.Equal("see the walker on a map", filled["key_features"]![1]!["description"]!.GetValue<string>());
        Assert.True(filled["complete"]!.GetValue<bool>());
    }

    [Fact]
    public void Scores_grow_with_what_was_said()
    {
        var scores = Enumerable.Range(1, 6).Select(count => Fill(Talk(Answers[..count]))["score"]!.GetValue<double>()).ToArray();

        Assert.Equal(scores.Order(), scores);
        Assert.True(scores[0] < scores[5]);
        Assert.Equal(1, scores[5]);
        Assert.False(Fill(Talk(Answers[..1]))["complete"]!.GetValue<bool>());
    }

    [Fact]
    public void A_question_that_waits_for_its_answer_is_not_answered_by_the_apps_own_words()
    {
        var talk = Talk(Answers[..5]);
        talk.Add(new ModelMessage("assistant", InterviewModel.Reply(Request(talk)).Text, []));

        Assert.False(Fill(talk)["complete"]!.GetValue<bool>());
    }

    [Fact]
    public void A_wish_for_change_keeps_the_earlier_version_and_brings_the_wish_in()
    {
        var earlier = Fill(Talk(Answers));
        var talk = Talk(Answers);
        talk.Add(new ModelMessage("user", $"This is the vision so far:\n{earlier.ToJsonString()}", []));
        talk.Add(new ModelMessage("user", "Write it anew. Keep the rest, and change this: no payments in the first version", []));

        var changed = Fill(talk);

        Schema.AssertFits(changed, Vision);
        Assert.Equal(earlier["what_it_is"]!.GetValue<string>(), changed["what_it_is"]!.GetValue<string>());
        Assert.Contains("no payments in the first version", changed["key_features"]!.ToJsonString(), StringComparison.Ordinal);
    }

    private static List<ModelMessage> Talk(IEnumerable<string> said)
    {
        var talk = new List<ModelMessage>();
        foreach (var text in said)
        {
            if (talk.Count > 0)
            {
                talk.Add(new ModelMessage("assistant", InterviewModel.Reply(Request(talk)).Text, []));
            }

            talk.Add(new ModelMessage("user", text, []));
        }

        return talk;
    }

    private static JsonObject Fill(IReadOnlyList<ModelMessage> talk) =>
        JsonNode.Parse(InterviewModel.Reply(new ModelRequest("m", [.. talk, new ModelMessage("user", "Now answer with the JSON object.", [])], [], null, Vision, Stream: false)).Text)!.AsObject();

    private static ModelRequest Request(IReadOnlyList<ModelMessage> talk) => new("m", talk, [new ModelTool("offer_vision", "", [])], null, null, Stream: false);
}
