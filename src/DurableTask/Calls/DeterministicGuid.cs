using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DurableTask.Calls;

// A version 5 UUID (RFC 9562): the same name gives the same id in every replay, in every process.
internal static class DeterministicGuid
{
    private static readonly Guid Namespace = new("9e952958-5e33-4daf-827f-2fa12937b875");

    public static Guid Of(string name)
    {
        Span<byte> input = stackalloc byte[16 + Encoding.UTF8.GetMaxByteCount(Math.Min(name.Length, 256))];
        if (name.Length > 256)
        {
            input = new byte[16 + Encoding.UTF8.GetMaxByteCount(name.Length)];
        }

        Namespace.TryWriteBytes(input, bigEndian: true, out _);
        var length = 16 + Encoding.UTF8.GetBytes(name, input[16..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // Version 5 UUIDs are defined by SHA-1; nothing is secured by it.
        SHA1.HashData(input[..length], hash);
#pragma warning restore CA5350
        var versioned = (ushort)((BinaryPrimitives.ReadUInt16BigEndian(hash[6..]) & 0x0FFF) | 0x5000);
        BinaryPrimitives.WriteUInt16BigEndian(hash[6..], versioned);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
