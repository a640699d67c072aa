using System.Data;
using Dapper;

namespace OrchestratorFunctions.Database;

/// <summary>How rows become records: <c>snake_case</c> columns, and instants as <see cref="DateTimeOffset"/> in UTC.</summary>
internal static class DapperConventions
{
    public static void Apply()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new InstantHandler());
    }

    // Npgsql reads timestamptz as a DateTime and takes only offset zero; records would not bind without this.
    private sealed class InstantHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override DateTimeOffset Parse(object value) => value is DateTimeOffset instant ? instant : new DateTimeOffset(DateTime.SpecifyKind((DateTime)value, DateTimeKind.Utc));

        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value) => parameter.Value = value.ToUniversalTime();
    }
}
