using Npgsql;

// No signature, nothing parsed, nothing logged: the body is read, a row of ids is committed, 202.
await using var database = NpgsqlDataSource.Create(Environment.GetEnvironmentVariable("CONNECTION_STRING")!);
await using (var table = database.CreateCommand("create table bare_deliveries (delivery_id text primary key, event text not null, received_at timestamptz not null)"))
{
    await table.ExecuteNonQueryAsync();
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
var app = builder.Build();
app.MapPost("/webhooks/github", async (HttpRequest request, CancellationToken cancellationToken) =>
{
    await request.Body.CopyToAsync(Stream.Null, cancellationToken);
    await using var insert = database.CreateCommand("insert into bare_deliveries (delivery_id, event, received_at) values ($1, $2, now())");
    insert.Parameters.Add(new NpgsqlParameter { Value = request.Headers["X-GitHub-Delivery"].ToString() });
    insert.Parameters.Add(new NpgsqlParameter { Value = request.Headers["X-GitHub-Event"].ToString() });
    await insert.ExecuteNonQueryAsync(cancellationToken);
    return Results.StatusCode(StatusCodes.Status202Accepted);
});
await app.StartAsync();
Console.WriteLine($"ready {app.Urls.First()}");
await app.WaitForShutdownAsync();
