using System.Text.Json.Nodes;
using TestKit.Http;

namespace TestKit.Telegram;

/// <summary>People and chats over HTTP: say, press, look.</summary>
internal static class TelegramControl
{
    private sealed record PersonOrder(Uri App, long User, long? Chat, string? Name, string? Text, string? Label, string? Data);

    public static void Map(IEndpointRouteBuilder routes, TelegramStandIn telegram)
    {
        routes.MapGet("/control/chats/{id:long}", (long id) => telegram.Chat(id) is { } chat
            ? Results.Json(new { chat.Id, chat.Type, chat.Title, chat.Blocked, chat.Messages, Toasts = chat.Toasts.ToArray(), History = chat.History.Select(line => line.ToString()) })
            : Results.NotFound());
        routes.MapPost("/control/chats", (long id, string? type, string? title) => telegram.AddChat(id, type ?? "private", title ?? "Ada").Id);
        routes.MapPost("/control/chats/{id:long}/blocked", (long id, bool blocked) => telegram.Chat(id)!.Blocked = blocked);
        routes.MapPost("/control/refuse", (string method, int status, string description, int? retryAfter, int? count) =>
            telegram.RefuseNext(method, status, description, retryAfter, count ?? 1));
        routes.MapPost("/control/say", (PersonOrder order) => WithAsync(order, async person => new JsonObject { ["message_id"] = (await person.SayAsync(order.Text ?? "")).Id }));
        routes.MapPost("/control/press", (PersonOrder order) => WithAsync(order, async person =>
        {
            var answer = order.Data is { } data ? await person.PressTokenAsync(data) : await person.PressAsync(order.Label ?? "");
            return new JsonObject { ["status"] = answer.Status, ["body"] = answer.Body };
        }));

        async Task<IResult> WithAsync(PersonOrder order, Func<TelegramPerson, Task<JsonObject>> act)
        {
            using var person = new TelegramPerson(telegram, order.App, order.User, order.Chat, order.Name ?? "Ada");
            try
            {
                return Results.Json(await act(person));
            }
            catch (Exception fault) when (fault is InvalidOperationException or TimeoutException or HttpRequestException)
            {
                return Results.Problem(fault.Message, statusCode: StatusCodes.Status409Conflict);
            }
        }
    }
}
