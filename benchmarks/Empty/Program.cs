var app = WebApplication.CreateSlimBuilder(args).Build();
app.MapGet("/health/live", () => "alive");
app.Run();
