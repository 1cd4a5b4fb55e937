using Clew.Ed25519;
using Clew.Events;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Clew.Tests.House;

/// <summary>Source text as the compiler understands it, with the implicit usings of a .NET program.</summary>
internal static class Compiled
{
    private const string ImplicitUsings =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.Latest);

    /// <summary>What a program refers to that uses Clew.</summary>
    public static IReadOnlyList<string> ClewPaths => [typeof(StreamName).Assembly.Location, typeof(Ed25519Signer).Assembly.Location];

    /// <summary>The runtime's own folder, without what comes with the tests.</summary>
    public static string RuntimeFolder => Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    /// <summary>A program of top-level statements that uses Clew.</summary>
    public static CSharpCompilation Program(string text) =>
        Of(new(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable),
            [("program.cs", text)], ClewPaths.Select(path => MetadataReference.CreateFromFile(path)));

    public static CSharpCompilation Library(IEnumerable<(string Path, string Text)> files) =>
        Of(new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true), files, []);

    private static CSharpCompilation Of(
        CSharpCompilationOptions options, IEnumerable<(string Path, string Text)> files, IEnumerable<MetadataReference> references) =>
        CSharpCompilation.Create(
            "program",
            [
                CSharpSyntaxTree.ParseText(ImplicitUsings, Parsing),
                .. files.Select(file => CSharpSyntaxTree.ParseText(file.Text, Parsing, file.Path)),
            ],
            [.. Platform(), .. references],
            options);

    private static IEnumerable<MetadataReference> Platform() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetDirectoryName(path) == RuntimeFolder)
            .Select(path => MetadataReference.CreateFromFile(path));
}
