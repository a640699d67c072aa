using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Bench.Webhooks;

// An issue comment as GitHub delivers it: a recorded one, some 10 kB. Ids have as many digits in each copy, so that a copy is the same bytes with other digits, and a signature of its own.
internal sealed class CommentDelivery
{
    private const string CommentMark = "1000000001";
    private const string IssueMark = "1000002";
    private const long FirstComment = 2_000_000_000;
    private const long FirstIssue = 2_000_000;
    private const int Issues = 1000;
    private static readonly string IdMark = new('0', 36);
    private static readonly string SignatureMark = new('f', 64);

    private readonly byte[] secret;
    private readonly byte[] request;
    private readonly int comment;
    private readonly int issue;
    private readonly int id;
    private readonly int signature;
    private readonly int body;

    // What is said decides what becomes of it.
    public CommentDelivery(string secret, string words)
    {
        this.secret = Encoding.UTF8.GetBytes(secret);
        var payload = Recorded();
        payload["comment"]!["id"] = long.Parse(CommentMark);
        payload["comment"]!["body"] = words;
        payload["issue"]!["number"] = int.Parse(IssueMark);
        var json = payload.ToJsonString();
        var head = $"""
            POST /webhooks/github HTTP/1.1
            Host: orchestrator.example.org
            User-Agent: GitHub-Hookshot/044aadd
            Accept: */*
            Content-Type: application/json
            X-GitHub-Event: issue_comment
            X-GitHub-Delivery: {IdMark}
            X-GitHub-Hook-ID: 77
            X-GitHub-Hook-Installation-Target-Type: repository
            X-Hub-Signature-256: sha256={SignatureMark}
            Content-Length: {json.Length}


            """.ReplaceLineEndings("\r\n");
        // ASCII: the writer of JSON escapes all else.
        var text = head + json;
        request = Encoding.ASCII.GetBytes(text);
        (comment, issue) = (Find($"\"id\":{CommentMark}", 5), Find($"\"number\":{IssueMark}", 9));
        (id, signature, body) = (Find(IdMark, 0), Find(SignatureMark, 0), head.Length);

        int Find(string mark, int into) => text.IndexOf(mark, StringComparison.Ordinal) is var at and >= 0 ? at + into : throw new InvalidOperationException($"The delivery has no {mark}.");
    }

    public int Size => request.Length - body;

    // The whole request of another number; overwrites the one before.
    public ReadOnlyMemory<byte> Numbered(long number)
    {
        var bytes = request.AsSpan();
        (FirstComment + number).TryFormat(bytes[comment..], out _);
        (FirstIssue + (number % Issues)).TryFormat(bytes[issue..], out _);
        number.TryFormat(bytes.Slice(id, IdMark.Length), out _, "x36");
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, bytes[body..], hash);
        Convert.TryToHexStringLower(hash, bytes.Slice(signature, SignatureMark.Length), out _);
        return request;
    }

    private static JsonNode Recorded()
    {
        using var file = typeof(CommentDelivery).Assembly.GetManifestResourceStream("webhook-examples.json.gz")!;
        using var json = new GZipStream(file, CompressionMode.Decompress);
        var comments = JsonNode.Parse(json)!.AsArray().First(entry => (string)entry!["name"]! == "issue_comment")!;
        return comments["examples"]!.AsArray().First(example => (string)example!["action"]! == "created")!.DeepClone();
    }
}
