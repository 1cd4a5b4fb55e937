using System.Diagnostics;

namespace Clew.Sweep.Mutants;

/// <summary>A copy of the sources in which bugs are planted, one after the other, and built.</summary>
internal sealed class MutantCopy : IDisposable
{
    private const string Segments = "src/Clew/Store/Segments";
    private static readonly TimeSpan BuildPatience = TimeSpan.FromMinutes(5);

    private readonly string source = RepositoryRoot();
    private readonly string copy = Directory.CreateTempSubdirectory("clew-mutants-").FullName;

    public MutantCopy()
    {
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        foreach (var folder in new[] { "src/Clew", "src/Clew.Zstandard", "tests/Clew.Sweep" })
            CopyFolder(folder);
        File.Copy(Path.Combine(source, "src/Directory.Build.props"), Path.Combine(copy, "src/Directory.Build.props"));
    }

    public static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Clew.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("not inside the repository");
    }

    /// <returns>How often the text of an edit occurs in its file: once, or the bug cannot be planted.</returns>
    public static int Occurrences(string root, Edit edit) =>
        File.ReadAllText(Path.Combine(root, Segments, edit.File)).Split(edit.Find).Length - 1;

    /// <summary>Plants the bug alone, and builds.</summary>
    public void Build(Mutant mutant)
    {
        foreach (var file in mutant.Edits.Select(edit => edit.File).Distinct())
        {
            var text = File.ReadAllText(Path.Combine(source, Segments, file));
            foreach (var edit in mutant.Edits.Where(edit => edit.File == file))
                text = text.Replace(edit.Find, edit.Replacement, StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(copy, Segments, file), text);
        }

        var (exit, output) = Start(BuildPatience, "dotnet", "build", "-c", "Release", "-v", "q", "--nologo", "-p:TreatWarningsAsErrors=false", "-p:EnforceCodeStyleInBuild=false", "-p:RunAnalyzers=false", "tests/Clew.Sweep");
        foreach (var file in mutant.Edits.Select(edit => edit.File).Distinct())
            File.Copy(Path.Combine(source, Segments, file), Path.Combine(copy, Segments, file), overwrite: true);
        if (exit != 0)
            throw new InvalidOperationException($"{mutant.Name} does not build:\n{output}");
    }

    /// <summary>Runs a command of the sweep that was built last.</summary>
    /// <returns>The lines that it printed; none, not even an empty list, where it does not end.</returns>
    public IReadOnlyList<string>? Sweep(TimeSpan patience, params IReadOnlyList<string> arguments) =>
        Start(patience, "dotnet", [Program, .. arguments]) is { Exit: >= 0, Output: var output }
            ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : null;

    public void Dispose() => Directory.Delete(copy, recursive: true);

    private string Program => Path.Combine(copy, "artifacts/bin/Clew.Sweep/release/Clew.Sweep.dll");

    private (int Exit, string Output) Start(TimeSpan patience, string program, params IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = copy, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        if (process.WaitForExit(patience))
            return (process.ExitCode, output.Result);

        process.Kill(entireProcessTree: true);
        return (-1, "");
    }

    private void CopyFolder(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(source, folder), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
