using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace Clew.Tests.House;

/// <summary>The examples that people copy.</summary>
public sealed partial class DocumentedCodeTests
{
    public static TheoryData<string, int> Examples =>
        [.. Documents().SelectMany(file => BlocksOf(file).Select((_, index) => (file, index + 1)))];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_compiles(string file, int example) =>
        Assert.Empty(Compiled.Program(BlocksOf(file)[example - 1]).GetDiagnostics(TestContext.Current.CancellationToken)
            .Where(found => found.Severity == DiagnosticSeverity.Error)
            .Select(found => found.ToString()));

    [Theory]
    [InlineData(1, "order-7 is at version 1", """1 order-placed {"total": 120}""")]
    [InlineData(2, "order-placed, at position 1, is in the log of 1 events")]
    public async Task The_programs_of_the_readme_print_what_it_lets_expect(int example, params string[] lines)
    {
        var folder = Directory.CreateTempSubdirectory("clew-readme-");
        try
        {
            Assert.Equal(lines, await RunAsync(BlocksOf("README.md")[example - 1], folder, TestContext.Current.CancellationToken));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string[]> RunAsync(string program, DirectoryInfo folder, CancellationToken cancellation)
    {
        var path = Path.Combine(folder.FullName, "program.dll");
        Assert.True(Compiled.Program(program).Emit(path, cancellationToken: cancellation).Success);
        foreach (var file in Compiled.ClewPaths.Concat(Libraries()))
            File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
        await File.WriteAllTextAsync(
            Path.ChangeExtension(path, ".runtimeconfig.json"),
            $$"""{ "runtimeOptions": { "framework": { "name": "Microsoft.NETCore.App", "version": "{{Environment.Version}}" } } }""",
            cancellation);

        using var process = Process.Start(new ProcessStartInfo(Host(), [path])
        {
            WorkingDirectory = folder.CreateSubdirectory("empty").FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        var printed = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        Assert.Equal("", await errors);
        Assert.Equal(0, process.ExitCode);
        return printed.TrimEnd().ReplaceLineEndings("\n").Split('\n');
    }

    // The host lies three folders above the runtime: dotnet/shared/Microsoft.NETCore.App/10.0.0.
    private static string Host() =>
        Path.GetFullPath(Path.Combine(Compiled.RuntimeFolder, "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    // What Clew.Ed25519 needs, one half of which is not managed and lies where the host looks for such.
    private static IEnumerable<string> Libraries() =>
        ((string)AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES")!).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => Directory.GetFiles(folder, "*sodium*"))
            .Append(typeof(NSec.Cryptography.Key).Assembly.Location);

    private static IEnumerable<string> Documents() => ["README.md", .. Repository.Files("docs/guide", "*.md")];

    private static string[] BlocksOf(string file) =>
        [.. CSharpBlock().Matches(Repository.Read(file).ReplaceLineEndings("\n")).Select(match => match.Groups["code"].Value)];

    [GeneratedRegex("""^```csharp\n(?<code>.*?)^```$""", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();
}
