using System.Security.Cryptography;
using Dapper;
using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.PostgreSql;

namespace OrchestratorFunctions.Tests.Database;

/// <summary>A role that serves and owns nothing.</summary>
public sealed class GrantTests
{
    [Fact]
    public async Task The_granted_role_can_serve_and_cannot_touch_the_audit_trail()
    {
        await using var rooms = await Rooms.CreateAsync();
        var (role, password) = ($"serve_{RandomNumberGenerator.GetHexString(8, lowercase: true)}", RandomNumberGenerator.GetHexString(20));
        await TestServer.FromEnvironment().ExecuteAsync($"create role {role} login password '{password}'");
        try
        {
            await new GrantStore(rooms.DataSource).GrantAsync(role, default);
            var url = new UriBuilder(rooms.Url) { UserName = role, Password = password }.Uri.ToString();
            await using (var served = NpgsqlDataSource.Create(DatabaseUrl.ToConnectionString(url) + ";Pooling=false"))
            {
                await served.InTransactionAsync((connection, token) => rooms.Get<AuditLog>().AppendAsync(connection, new AuditEntry("counted", Rooms.Ada, Guid.NewGuid(), new { }), token), default);
                Assert.True(await new Schema(new DatabaseAccess(Microsoft.Extensions.Options.Options.Create(new DatabaseOptions { Url = url }))).IsCurrentAsync(default));
                foreach (var sql in new[]
                {
                    "update audit_entries set result = 'denied'", "delete from audit_entries", "truncate audit_entries", "alter table audit_entries disable trigger all", "drop table audit_entries",
                    "delete from audit_heads", "set session_replication_role = replica", "update public.schema_versions set version = 1", "create table mine (id int)",
                })
                {
                    await using var connection = await served.OpenConnectionAsync();
                    Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync(sql))).SqlState);
                }
            }

            Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from audit_entries where action = 'counted' and result = 'success'"));
        }
        finally
        {
            await rooms.ExecuteAsync($"drop owned by {role}");
            await TestServer.FromEnvironment().ExecuteAsync($"drop role {role}");
        }
    }
}
