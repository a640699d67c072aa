using System.Text;

namespace OrchestratorFunctions.Operations.Logs;

/// <summary>
/// A file to which one process appends lines. At 20 MB it is put aside as <c>.1</c>, the older ones move on, and the sixth is deleted.
/// What cannot be written (a full disk, a folder that is not ours) is lost to the file only: nobody waits and nothing fails for it.
/// </summary>
internal sealed class LineFile(string path) : IDisposable
{
    private const long LargestSize = 20 * 1024 * 1024;
    private const int KeptFiles = 5;
    private readonly Lock one = new();
    private FileStream? stream;

    /// <summary>Appends <paramref name="lines"/>, each of which ends with a line break. False: they are not in the file.</summary>
    public bool Append(string lines)
    {
        lock (one)
        {
            var whole = 0L;
            try
            {
                stream ??= Open();
                if (stream.CanSeek && stream.Length > LargestSize)
                {
                    Roll();
                    stream = Open();
                }

                whole = stream.CanSeek ? stream.Length : 0;
                stream.Write(Encoding.UTF8.GetBytes(lines));
                return true;
            }
            // Out of range: of a limit on the size of files the framework makes that.
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
            {
                Close(whole);
                return false;
            }
        }
    }

    public void Dispose() => stream?.Dispose();

    // A disk that fills up takes half a line; the next one must not stand behind it.
    private void Close(long whole)
    {
        try
        {
            if (stream is { CanSeek: true } && stream.Length > whole)
            {
                stream.SetLength(whole);
            }
        }
        catch (IOException)
        {
            // Then it stays as it is.
        }

        stream?.Dispose();
        stream = null;
    }

    // A second writer would overwrite our lines, and is refused. On Unix this keeps no program from reading.
    private FileStream Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
    }

    private void Roll()
    {
        stream!.Dispose();
        stream = null;
        for (var number = KeptFiles - 1; number >= 1; number--)
        {
            if (File.Exists($"{path}.{number}"))
            {
                File.Move($"{path}.{number}", $"{path}.{number + 1}", overwrite: true);
            }
        }

        File.Move(path, $"{path}.1", overwrite: true);
    }
}
