using System.Security.Cryptography;

namespace Clew.Ed25519;

/// <summary>A small file that only its owner may read.</summary>
internal static class KeyFile
{
    private const int BytesMax = 4096;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode OfOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <exception cref="KeyFileException">It is there already, or cannot be made.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        if (content.Length > BytesMax)
            throw new KeyFileException($"The key cannot be written to {path}: its name is too long.");

        try
        {
            using var file = new FileStream(path, NewFile());
            try
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            catch
            {
                // Half a key is none, and would be in the way of the next attempt.
                File.Delete(path);
                throw;
            }
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new KeyFileException($"{path} is there already, and a key is never overwritten. Choose another name, or move the file away.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new KeyFileException($"The key cannot be written to {path}: {fault.Message}", fault);
        }
    }

    /// <returns>What it holds; whoever asked wipes it.</returns>
    /// <exception cref="KeyFileException">It cannot be read, others may read it too, or it is too long for a key.</exception>
    public static byte[] Read(string path)
    {
        var buffer = new byte[BytesMax + 1];
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & OfOthers) != 0)
                throw new KeyFileException($"{path} is a private key, and others than its owner have rights to it. Take them away: chmod 600 {path}");

            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= BytesMax ? buffer[..length] : throw new KeyFileException($"{path} is no key file: it has more than {BytesMax} bytes.");
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KeyFileException($"There is no key file {path}.", fault);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new KeyFileException(
                Directory.Exists(path) ? $"{path} is a folder and no key file." : $"There is no permission to read the key file {path}.", fault);
        }
        catch (IOException fault)
        {
            throw new KeyFileException($"The key file {path} cannot be read: {fault.Message}", fault);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static FileStreamOptions NewFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Delete, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;

        return options;
    }
}
