using System.Globalization;

namespace Clew.Bench;

/// <summary>What to measure, where, and for how long.</summary>
internal sealed record BenchOptions(string Command)
{
    public const string Usage = """
        Clew.Bench all|append|read|open|dcb|integrity|backup|cold|micro
          --dir DIR      a folder that does not exist yet; made, and removed afterwards (default: one in the current folder)
          --seconds N    how long each contestant runs in each round (default: 3)
          --rounds N     how often they take turns; the median counts (default: 3)
          --events N     the size of the store that is measured (default: what docs/benchmarks.md says)
          --only A,B     only these contestants: clew, sqlite, rocksdb, faster, fdatasync
          --cases CxE,.. of append, only these: clients x events, such as 1x1,64x1
          --json FILE    write the results there too
        `all` is append, read and open; dcb, integrity, backup and cold take minutes and gigabytes.
        """;

    private static readonly string[] Commands = ["all", "append", "read", "open", "dcb", "integrity", "backup", "cold", "micro"];

    public string Directory { get; init; } = Path.Combine(Environment.CurrentDirectory, $"bench-{Guid.NewGuid():N}");

    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(3);

    public int Rounds { get; init; } = 3;

    public int? Events { get; init; }

    public IReadOnlyList<string> Only { get; init; } = [];

    public IReadOnlyList<(int Clients, int Events)> Cases { get; init; } = [(1, 1), (64, 1), (1, 100), (8, 100)];

    public string? JsonFile { get; init; }

    public bool Includes(string contestant) => Only.Count == 0 || Only.Contains(contestant);

    public string Folder(string name) => System.IO.Directory.CreateDirectory(Path.Combine(Directory, name)).FullName;

    public static BenchOptions? Parse(string[] args)
    {
        if (args.Length % 2 == 0 || !Commands.Contains(args[0]))
            return null;

        BenchOptions? options = new(args[0]);
        for (var at = 1; at < args.Length && options is not null; at += 2)
            options = options.With(args[at], args[at + 1]);

        return options is null || System.IO.Directory.Exists(options.Directory) ? null : options;
    }

    private BenchOptions? With(string name, string value) => name switch
    {
        "--dir" => this with { Directory = Path.GetFullPath(value) },
        "--seconds" => this with { Time = TimeSpan.FromSeconds(double.Parse(value, CultureInfo.InvariantCulture)) },
        "--rounds" => this with { Rounds = int.Parse(value, CultureInfo.InvariantCulture) },
        "--events" => this with { Events = int.Parse(value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) },
        "--only" => this with { Only = value.Split(',') },
        "--cases" => this with { Cases = [.. value.Split(',').Select(Case)] },
        "--json" => this with { JsonFile = Path.GetFullPath(value) },
        _ => null,
    };

    private static (int Clients, int Events) Case(string text)
    {
        var numbers = text.Split('x');
        return (int.Parse(numbers[0], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture));
    }
}
