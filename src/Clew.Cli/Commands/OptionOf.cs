using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Clew.Cli.Output;

namespace Clew.Cli.Commands;

/// <summary>Options whose values are read here, so that what is wrong with one is said in the words of the command line.</summary>
internal static class OptionOf
{
    private const int ShownCharactersMax = 60;

    /// <summary>Takes a folder, and must be given.</summary>
    public static Option<string> Folder(string name, string description)
    {
        var option = new Option<string>(name) { Description = description, HelpName = "DIR", Required = true };
        option.Validators.Add(result => CheckFolder(name, result));
        return option;
    }

    /// <summary>Takes a folder.</summary>
    public static Option<string?> OptionalFolder(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "DIR" };
        option.Validators.Add(result => CheckFolder(name, result));
        return option;
    }

    /// <summary>Takes a whole number from a least one.</summary>
    public static Option<long?> Number(string name, long least, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            if (long.TryParse(Text(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least)
                return number;

            result.AddError($"{name} takes a whole number from {least}, not \"{Shown(result)}\".");
            return null;
        },
    };

    /// <summary>Takes a number that need not be whole.</summary>
    public static Option<double> Measure(string name, double otherwise, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => otherwise,
        CustomParser = result =>
        {
            if (double.TryParse(Text(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                return number;

            result.AddError($"{name} takes a number, not \"{Shown(result)}\".");
            return otherwise;
        },
    };

    /// <summary>Takes words, not too many, and must be given where there is no default.</summary>
    public static Option<string> Words(string name, int charactersMax, string description, string? otherwise = null)
    {
        var option = new Option<string>(name) { Description = description, HelpName = "TEXT", Required = otherwise is null };
        if (otherwise is not null)
            option.DefaultValueFactory = _ => otherwise;
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.Tokens[0].Value is var text && (string.IsNullOrWhiteSpace(text) || text.Length > charactersMax))
                result.AddError($"{name} takes 1 to {charactersMax.ToString("N0", CultureInfo.InvariantCulture)} characters, not {text.Trim().Length.ToString("N0", CultureInfo.InvariantCulture)}.");
        });
        return option;
    }

    /// <summary>Takes a GUID.</summary>
    public static Option<Guid?> Identity(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "GUID",
        CustomParser = result =>
        {
            if (Guid.TryParse(Text(result), out var id))
                return id;

            result.AddError($"{name} takes a GUID such as 0193a5f0-2b1c-7000-8000-5d1f0c9be001, not \"{Shown(result)}\".");
            return null;
        },
    };

    private static void CheckFolder(string name, OptionResult result)
    {
        if (result.Tokens.Count != 1)
            return;

        var path = result.Tokens[0].Value;
        if (string.IsNullOrWhiteSpace(path))
            result.AddError($"{name} takes the path of a folder, not nothing.");
        else if (File.Exists(path) && new FileInfo(path).LinkTarget is null)
            result.AddError($"{name} takes a folder, and {path} is a file.");
    }

    private static string Text(ArgumentResult result) => result.Tokens[0].Value;

    private static string Shown(ArgumentResult result) => Printable.Text(Text(result), ShownCharactersMax);
}
