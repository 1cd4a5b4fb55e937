namespace Clew.Cli;

/// <summary>All that a command has of the world around it, but for the disk.</summary>
internal sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error, TimeProvider Time);
