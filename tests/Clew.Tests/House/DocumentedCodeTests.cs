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

    [Fact]
    public async Task The_first_program_prints_what_the_readme_lets_expect()
    {
        var folder = Directory.CreateTempSubdirectory("clew-readme-");
        try
        {
            var printed = await RunAsync(BlocksOf("README.md")[0], folder, TestContext.Current.CancellationToken);

            Assert.Equal(["order-7 is at version 1", """1 order-placed {"total": 120}"""], printed);
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
        File.Copy(Compiled.ClewPath, Path.Combine(folder.FullName, "Clew.dll"));
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

    private static IEnumerable<string> Documents() => ["README.md", .. Repository.Files("docs/guide", "*.md")];

    private static string[] BlocksOf(string file) =>
        [.. CSharpBlock().Matches(Repository.Read(file).ReplaceLineEndings("\n")).Select(match => match.Groups["code"].Value)];

    [GeneratedRegex("""^```csharp\n(?<code>.*?)^```$""", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();
}
