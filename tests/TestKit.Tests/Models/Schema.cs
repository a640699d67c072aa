using System.Text.Json.Nodes;

namespace TestKit.Tests.Models;

/// <summary>A small judge of JSON against a schema, written apart from the filler that it judges.</summary>
internal static class Schema
{
    public static void AssertFits(JsonNode? value, JsonNode schema, string at = "$")
    {
        if (schema["enum"] is JsonArray allowed)
        {
            Assert.True(allowed.Any(one => JsonNode.DeepEquals(one, value)), $"{at}: {value} is not allowed");
            return;
        }

        switch (schema["type"]!.GetValue<string>())
        {
            case "object":
                var json = Assert.IsType<JsonObject>(value);
                foreach (var name in schema["required"]!.AsArray())
                {
                    Assert.True(json.ContainsKey(name!.GetValue<string>()), $"{at}.{name} is missing");
                }

                Assert.All(json, item => AssertFits(item.Value, schema["properties"]![item.Key] ?? throw new InvalidOperationException($"{at}.{item.Key} is too much"), $"{at}.{item.Key}"));
                break;
            case "array":
                var list = Assert.IsType<JsonArray>(value);
                Assert.InRange(list.Count, schema["minItems"]?.GetValue<int>() ?? 0, schema["maxItems"]?.GetValue<int>() ?? int.MaxValue);
                Assert.All(list, item => AssertFits(item, schema["items"]!, at + "[]"));
                break;
            case "string":
                Assert.InRange(value!.GetValue<string>().Length, schema["minLength"]?.GetValue<int>() ?? 0, schema["maxLength"]?.GetValue<int>() ?? int.MaxValue);
                break;
            case "number":
                Assert.InRange(value!.GetValue<double>(), schema["minimum"]?.GetValue<double>() ?? double.MinValue, schema["maximum"]?.GetValue<double>() ?? double.MaxValue);
                break;
            case "boolean":
                value!.GetValue<bool>();
                break;
            default:
                throw new InvalidOperationException($"{at}: unknown type in {schema}");
        }
    }
}
