using Npgsql;
using NpgsqlTypes;

namespace DurableTask.PostgreSql.Database;

// Positional parameters with their types said, so that nulls and empty arrays need no guessing.
internal static class Parameters
{
    public static NpgsqlParameterCollection Text(this NpgsqlParameterCollection parameters, string? value) => parameters.Of(value, NpgsqlDbType.Text);

    public static NpgsqlParameterCollection Texts(this NpgsqlParameterCollection parameters, IEnumerable<string?> values) =>
        parameters.Of(values.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);

    public static NpgsqlParameterCollection Int(this NpgsqlParameterCollection parameters, int? value) => parameters.Of(value, NpgsqlDbType.Integer);

    public static NpgsqlParameterCollection Ints(this NpgsqlParameterCollection parameters, IEnumerable<int> values) =>
        parameters.Of(values.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Integer);

    public static NpgsqlParameterCollection Ints(this NpgsqlParameterCollection parameters, IEnumerable<int?> values) =>
        parameters.Of(values.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Integer);

    public static NpgsqlParameterCollection Long(this NpgsqlParameterCollection parameters, long value) => parameters.Of(value, NpgsqlDbType.Bigint);

    public static NpgsqlParameterCollection Longs(this NpgsqlParameterCollection parameters, IEnumerable<long> values) =>
        parameters.Of(values.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    public static NpgsqlParameterCollection Longs(this NpgsqlParameterCollection parameters, IEnumerable<long?> values) =>
        parameters.Of(values.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    public static NpgsqlParameterCollection Flag(this NpgsqlParameterCollection parameters, bool value) => parameters.Of(value, NpgsqlDbType.Boolean);

    public static NpgsqlParameterCollection Flags(this NpgsqlParameterCollection parameters, IEnumerable<bool> values) =>
        parameters.Of(values.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Boolean);

    public static NpgsqlParameterCollection Bytes(this NpgsqlParameterCollection parameters, byte[]? value) => parameters.Of(value, NpgsqlDbType.Bytea);

    public static NpgsqlParameterCollection ManyBytes(this NpgsqlParameterCollection parameters, IEnumerable<byte[]?> values) =>
        parameters.Of(values.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bytea);

    // PostgreSQL keeps microseconds; rounding up keeps "not before" true.
    public static NpgsqlParameterCollection Time(this NpgsqlParameterCollection parameters, DateTimeOffset? value, bool roundUp = true) =>
        parameters.Of(value is { } time ? roundUp ? RoundUp(time) : time.UtcDateTime : null, NpgsqlDbType.TimestampTz);

    public static NpgsqlParameterCollection Times(this NpgsqlParameterCollection parameters, IEnumerable<DateTimeOffset> values) =>
        parameters.Of(values.Select(RoundUp).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.TimestampTz);

    public static DateTimeOffset Microseconds(DateTimeOffset time) => new((time.UtcTicks + 9) / 10 * 10, TimeSpan.Zero);

    public static NpgsqlBatchCommand Named(this NpgsqlBatch batch, string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return command;
    }

    public static string? TextOrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    // The latest of all times is PostgreSQL's infinity.
    private static DateTime RoundUp(DateTimeOffset time) => time == DateTimeOffset.MaxValue ? DateTime.MaxValue : Microseconds(time).UtcDateTime;

    private static NpgsqlParameterCollection Of(this NpgsqlParameterCollection parameters, object? value, NpgsqlDbType type)
    {
        parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
        return parameters;
    }
}
