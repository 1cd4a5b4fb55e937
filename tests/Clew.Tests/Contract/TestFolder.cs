namespace Clew.Tests.Contract;

/// <summary>A folder for one test, gone when the test is over.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("clew-test-").FullName;
    private int stores;

    /// <summary>A path in it where there is nothing yet.</summary>
    public string Next() => Path.Combine(root, $"{Interlocked.Increment(ref stores)}");

    public void Dispose() => Directory.Delete(root, recursive: true);
}
