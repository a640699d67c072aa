using Npgsql;
using OrchestratorFunctions.Database;

namespace OrchestratorFunctions.Tests.Database;

public sealed class DatabaseUrlTests
{
    [Theory]
    [InlineData("postgresql://ada:pw@db.example.org:6543/shop")]
    [InlineData("postgres://ada:pw@db.example.org:6543/shop")]
    [InlineData("postgresql+asyncpg://ada:pw@db.example.org:6543/shop")]
    [InlineData("Host=db.example.org;Port=6543;Username=ada;Password=pw;Database=shop")]
    public void Every_form_names_the_same_database(string url)
    {
        var read = Read(url);
        Assert.Equal(("db.example.org", 6543, "ada", "pw", "shop"), (read.Host, read.Port, read.Username, read.Password, read.Database));
    }

    [Fact]
    public void The_port_is_5432_unless_said() => Assert.Equal(5432, Read("postgresql://ada@db/shop").Port);

    [Fact]
    public void A_password_may_hold_anything_when_it_is_percent_encoded()
    {
        const string password = "p@ss:w/ö?r#d%;='\" +&";
        var read = Read($"postgresql://ada%40home:{Uri.EscapeDataString(password)}@db:5432/sh%20op");
        Assert.Equal(("ada@home", password, "sh op"), (read.Username, read.Password, read.Database));
    }

    [Theory]
    [InlineData("sslmode=require", SslMode.Require)]
    [InlineData("ssl=require", SslMode.Require)]
    [InlineData("sslmode=verify-full", SslMode.VerifyFull)]
    [InlineData("SSLMODE=disable", SslMode.Disable)]
    public void Sslmode_is_read_as_libpq_writes_it(string query, SslMode expected) => Assert.Equal(expected, Read($"postgresql://ada@db/shop?{query}").SslMode);

    [Fact]
    public void Other_parameters_are_passed_on_as_they_are()
    {
        var read = Read("postgresql://ada@db/shop?Application%20Name=my-app&Maximum%20Pool%20Size=7");
        Assert.Equal(("my-app", 7), (read.ApplicationName, read.MaxPoolSize));
    }

    [Theory]
    [InlineData("mysql://ada:s3cret@db/shop")]
    [InlineData("postgresql://")]
    [InlineData("postgresql:///shop?password=s3cret")]
    [InlineData("postgresql://ada:s3cret@db:notaport/shop")]
    [InlineData("postgresql://ada:s3cret@db:99999/shop")]
    [InlineData("postgresql://ada:s3#cret@db/shop")]
    [InlineData("postgresql://ada:s3cret@db/shop?nonsense=s3cret")]
    [InlineData("postgresql://ada:s3cret@db/shop?sslmode=s3cret")]
    [InlineData("postgresql://ada:s3cret@db/shop?port=s3cret")]
    [InlineData("s3cret")]
    [InlineData("Host=db;Nonsense=s3cret")]
    [InlineData("Host=db;Port=s3cret")]
    public void What_is_no_database_is_a_fault_that_does_not_repeat_the_password(string url)
    {
        var problem = Assert.IsType<string>(DatabaseUrl.Problem(url));
        Assert.DoesNotContain("s3cret", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", problem, StringComparison.Ordinal);
    }

    private static NpgsqlConnectionStringBuilder Read(string url)
    {
        Assert.Null(DatabaseUrl.Problem(url));
        return new NpgsqlConnectionStringBuilder(DatabaseUrl.ToConnectionString(url));
    }
}
