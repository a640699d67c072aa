using System.Buffers.Text;
using System.Security.Cryptography;
using Dapper;
using Npgsql;

namespace OrchestratorFunctions.Outbox;

/// <summary>What a pressed button stands for.</summary>
internal sealed record Button(string Verb, Guid? Subject);

/// <summary>
/// The SQL of buttons. A button carries a random token and nothing else: knowing one grants nothing, since who presses, and
/// whether the thing is still open, is checked when it is pressed.
/// </summary>
internal sealed class ButtonStore(TimeProvider time)
{
    /// <summary>A new token, 22 characters of base64url (128 bits), standing for <paramref name="button"/>.</summary>
    public async Task<string> AddAsync(NpgsqlConnection connection, OutboxButton button, CancellationToken cancellationToken)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        await connection.ExecuteAsync(new CommandDefinition(
            "/* name: buttons.add */ insert into buttons (token, verb, subject, created_at) values (@token, @Verb, @Subject, @now)",
            new { token, button.Verb, button.Subject, now = time.GetUtcNow() }, cancellationToken: cancellationToken));
        return token;
    }

    /// <summary>What <paramref name="token"/> stands for, or null when it is none of ours.</summary>
    public Task<Button?> FindAsync(NpgsqlConnection connection, string token, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Button?>(new CommandDefinition(
            "/* name: buttons.find */ select verb, subject from buttons where token = @token", new { token }, cancellationToken: cancellationToken));
}
