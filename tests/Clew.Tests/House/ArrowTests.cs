using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Clew.Tests.House;

/// <summary>Which part of Clew may know which, as ARCHITECTURE.md draws it.</summary>
public sealed class ArrowTests
{
    private static readonly Dictionary<string, string[]> Known = new()
    {
        ["Clew.Events"] = [],
        ["Clew.Integrity"] = ["Clew.Events"],
        ["Clew.Store"] = ["Clew.Events", "Clew.Integrity"],
        ["Clew.Store.Segments"] = ["Clew.Events", "Clew.Integrity", "Clew.Store", "Clew.Store.Segments.Indexes"],
        ["Clew.Store.Segments.Indexes"] = ["Clew.Events", "Clew.Store", "Clew.Store.Segments"],
    };

    private static readonly CSharpCompilation Clew =
        Compiled.Library(Repository.Files("src/Clew", "*.cs").Select(file => (file, Repository.Read(file))));

    public static TheoryData<string> Parts => [.. Known.Keys];

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_part_knows_only_the_parts_below_it(string part) =>
        Assert.Empty(Clew.SyntaxTrees
            .Where(tree => NamespaceOf(tree) == part)
            .SelectMany(Named)
            .Where(named => named.Namespace != part && !Known[part].Contains(named.Namespace))
            .Select(named => $"{named.Where} knows {named.Namespace}"));

    [Theory]
    [MemberData(nameof(Parts))]
    public void An_arrow_that_nothing_follows_is_not_drawn(string part) =>
        Assert.Empty(Known[part].Except(Clew.SyntaxTrees
            .Where(tree => NamespaceOf(tree) == part)
            .SelectMany(Named)
            .Select(named => named.Namespace)));

    [Fact]
    public void A_folder_is_a_namespace_and_every_one_has_its_arrows() =>
        Assert.Empty(Clew.SyntaxTrees
            .Where(tree => tree.FilePath.Length > 0)
            .Where(tree => NamespaceOf(tree) is var part
                && (!Known.ContainsKey(part) || part != Path.GetDirectoryName(tree.FilePath)!["src/".Length..].Replace('/', '.')))
            .Select(tree => tree.FilePath));

    private static string NamespaceOf(SyntaxTree tree) =>
        tree.GetRoot().DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString() ?? "";

    // Every name in the source, by the namespace of Clew that what it means belongs to.
    private static IEnumerable<(string Where, string Namespace)> Named(SyntaxTree tree)
    {
        var model = Clew.GetSemanticModel(tree);
        foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            var symbol = model.GetSymbolInfo(name).Symbol;
            var owner = symbol is INamespaceSymbol ? UsedNamespace(name, symbol) : symbol?.ContainingNamespace?.ToDisplayString();
            if (owner is not null && owner.StartsWith("Clew.", StringComparison.Ordinal))
                yield return ($"{tree.FilePath}:{name.GetLocation().GetLineSpan().StartLinePosition.Line + 1}: {name}", owner);
        }
    }

    // A using names its whole namespace at its last part only; those before it are on the way.
    private static string? UsedNamespace(SimpleNameSyntax name, ISymbol symbol) =>
        name.FirstAncestorOrSelf<UsingDirectiveSyntax>()?.Name?.ToString() is { } used && used == symbol.ToDisplayString() ? used : null;
}
