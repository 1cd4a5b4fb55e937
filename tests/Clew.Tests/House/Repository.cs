namespace Clew.Tests.House;

/// <summary>The sources that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    public static string Read(string relative) => File.ReadAllText(PathOf(relative));

    /// <summary>The files below a folder with a name like this, relative to the root, in order.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.Exists(PathOf(folder))
            ? Directory.EnumerateFiles(PathOf(folder), pattern, SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
                .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
            : [];

    /// <summary>Where a pattern's matches begin, as <c>file:line: text</c>, for messages.</summary>
    public static IEnumerable<string> Matches(string file, System.Text.RegularExpressions.Regex pattern)
    {
        var text = Read(file);
        return pattern.Matches(text).Select(match =>
            $"{file}:{text.AsSpan(0, match.Index).Count('\n') + 1}: {match.Value.ReplaceLineEndings(" ")}");
    }

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Clew.slnx")))
            folder = folder.Parent;

        return folder?.FullName ?? throw new DirectoryNotFoundException("There is no Clew.slnx above the tests.");
    }
}
