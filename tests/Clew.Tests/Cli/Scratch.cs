using System.IO.Compression;
using System.Text;

namespace Clew.Tests.Cli;

/// <summary>A folder for one test.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("clew-cli-test-").FullName;

    public string Store => Path.Combine(folder, "store");

    public string At(string name) => Path.Combine(folder, name);

    public string File(string name, string content)
    {
        System.IO.File.WriteAllText(At(name), content, new UTF8Encoding(false));
        return At(name);
    }

    public string Packed(string name, string content, int bytesCut = 0)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(content));

        System.IO.File.WriteAllBytes(At(name), packed.ToArray()[..^bytesCut]);
        return At(name);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
