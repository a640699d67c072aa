using System.Buffers.Text;
using System.Globalization;
using System.Text;
using DurableTask.PostgreSql.Database;
using Npgsql;

namespace DurableTask.PostgreSql.Client;

// Instances newest first, one page at a time. A page's token is the place of its last row, so rows that come or go meanwhile neither repeat nor hide others.
internal sealed class InstanceList(NpgsqlDataSource database)
{
    public AsyncPageable<OrchestrationMetadata> Pages(OrchestrationQuery query) =>
        new Pages<OrchestrationMetadata>(query.ContinuationToken, query.PageSize, (token, size, cancellation) => ReadAsync(query, token, size, cancellation));

    private async Task<Page<OrchestrationMetadata>> ReadAsync(OrchestrationQuery query, string? token, int size, CancellationToken cancellation)
    {
        var (createdAt, instanceId) = token is null ? (null, null) : Place(token);
        await using var command = database.CreateCommand(ClientSql.ListInstances);
        command.Parameters.Time(query.CreatedFrom).Flag(query.FetchInputsAndOutputs).Time(query.CreatedTo).Time(createdAt).Text(instanceId)
            .Texts(InstanceRows.Statuses(query.Statuses)).Text(query.InstanceIdPrefix ?? "").Flag(query.ParkedOnly).Int(size + 1);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<OrchestrationMetadata> found = [];
        while (await reader.ReadAsync(cancellation))
        {
            if (found.Count == size)
            {
                return new Page<OrchestrationMetadata>(found, Token(found[^1]));
            }

            found.Add(InstanceRows.Metadata(reader, query.FetchInputsAndOutputs));
        }

        return new Page<OrchestrationMetadata>(found);
    }

    private static string Token(OrchestrationMetadata last) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{last.CreatedAt.UtcTicks.ToString(CultureInfo.InvariantCulture)} {last.InstanceId}"));

    private static (DateTimeOffset? CreatedAt, string? InstanceId) Place(string token)
    {
        try
        {
            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(' ', 2);
            return (new DateTimeOffset(long.Parse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture), TimeSpan.Zero), InstanceIds.IsPossible(parts[1]) ? parts[1] : throw new FormatException(parts[1]));
        }
        catch (Exception fault) when (fault is FormatException or OverflowException or ArgumentException or IndexOutOfRangeException)
        {
            throw new ArgumentException("This is no continuation token of a list of instances.", nameof(token), fault);
        }
    }
}
