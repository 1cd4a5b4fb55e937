using System.Globalization;

namespace Clew.Sweep.Commands;

/// <summary>What stands after a command's name.</summary>
internal sealed class Arguments(IReadOnlyList<string> words)
{
    public IReadOnlyList<string> Words => words;

    public int Number(string name, int otherwise) =>
        Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public string? Text(string name)
    {
        for (var index = 0; index + 1 < words.Count; index++)
        {
            if (words[index] == name)
                return words[index + 1];
        }

        return null;
    }

    public int First(int otherwise) =>
        words.Count > 0 && int.TryParse(words[0], CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
