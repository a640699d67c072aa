using TestKit.Scar;

namespace TestKit.Tests.Scar;

public class ScarArgumentsTests
{
    [Theory]
    [InlineData("one two", "one", "two", "one two")]
    [InlineData("\"one two\" three", "one two", "three", "one two three")]
    [InlineData("'one two' three", "one two", "three", "one two three")]
    [InlineData("\"it's\" b", "it's", "b", "it's b")]
    [InlineData("\"say \\\"hi\\\" now\" z", "say \\", "hi\\\"", "say \\ hi\\\" now\" z")]
    [InlineData("a\"b c\"d", "a\"b", "c\"d", "a\"b c\"d")]
    [InlineData("\"unclosed quote here", "\"unclosed", "quote", "\"unclosed quote here")]
    [InlineData("\"\" x", "", "x", " x")]
    [InlineData("line1\nline2", "line1", "line2", "line1 line2")]
    [InlineData("\"line1\nline2\" x", "line1\nline2", "x", "line1\nline2 x")]
    [InlineData("multi  space\tgap", "multi", "space", "multi space gap")]
    [InlineData("{\"a\":\"b c\"}", "{\"a\":\"b", "c\"}", "{\"a\":\"b c\"}")]
    [InlineData("\\n \\$HOME", "\\n", "$HOME", "\\n $HOME")]
    [InlineData("C:\\dir\\file `ls`", "C:\\dir\\file", "`ls`", "C:\\dir\\file `ls`")]
    [InlineData("$2 two", "two", "two", "$2 two")]
    [InlineData("$ARGUMENTS b", "$ARGUMENTS b", "b", "$ARGUMENTS b")]
    [InlineData("$$ b", "$", "b", "$ b")]
    [InlineData("$& b", "$1", "b", "$ARGUMENTS b")]
    public void Arguments_reach_the_prompt_as_SCAR_brings_them_there(string sent, string first, string second, string all) =>
        Assert.Equal($"[{first}] [{second}] [{all}]", ScarArguments.Substitute("[$1] [$2] [$ARGUMENTS]", ScarArguments.Split(sent)));

    [Fact]
    public void A_missing_argument_stays_and_ten_is_one_and_a_zero() =>
        Assert.Equal("$3 one0 \\one", ScarArguments.Substitute("$3 $10 \\$1", ["one"]));

    [Fact]
    public void A_file_without_variables_drops_its_arguments() => Assert.Equal("Go.", ScarArguments.Substitute("Go.", ["one"]));
}
