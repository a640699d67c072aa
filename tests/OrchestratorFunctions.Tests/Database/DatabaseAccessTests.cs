using Azure.Core;
using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Database;

namespace OrchestratorFunctions.Tests.Database;

public sealed class DatabaseAccessTests
{
    [Theory]
    [InlineData("Host=db.postgres.database.azure.com;Username=app;Database=orchestrator", true)]
    [InlineData("postgresql://app@DB.postgres.database.AZURE.com/orchestrator?sslmode=verify-full", true)]
    [InlineData("postgresql://app:secret@db.postgres.database.azure.com/orchestrator", false)]
    [InlineData("postgresql://app@db.example.com/orchestrator", false)]
    [InlineData("postgresql://app@db.postgres.database.azure.com.example.com/orchestrator", false)]
    public void A_token_goes_only_to_a_server_of_azure_that_was_given_no_password(string url, bool token) =>
        Assert.Equal(token, Access(url, new Identity()).UsesToken);

    [Fact]
    public async Task A_login_without_a_password_takes_a_token_that_is_for_the_database()
    {
        var identity = new Identity();
        var connection = new NpgsqlConnectionStringBuilder(await Access("Host=db.postgres.database.azure.com;Username=app", identity).ConnectionStringAsync(CancellationToken.None));
        Assert.Equal("the-token", connection.Password);
        Assert.Equal(["https://ossrdbms-aad.database.windows.net/.default"], identity.Scopes!);
    }

    [Fact]
    public async Task A_password_that_was_given_is_used_and_nobody_is_asked_for_a_token()
    {
        var identity = new Identity();
        var connection = new NpgsqlConnectionStringBuilder(await Access("postgresql://app:secret@db.postgres.database.azure.com/orchestrator", identity).ConnectionStringAsync(CancellationToken.None));
        Assert.Equal("secret", connection.Password);
        Assert.Null(identity.Scopes);
    }

    private static DatabaseAccess Access(string url, Identity identity) => new(Options.Create(new DatabaseOptions { Url = url }), () => identity);

    private sealed class Identity : TokenCredential
    {
        public string[]? Scopes { get; private set; }

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes = requestContext.Scopes;
            return new AccessToken("the-token", DateTimeOffset.MaxValue);
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
