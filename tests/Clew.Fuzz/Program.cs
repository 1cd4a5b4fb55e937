using Clew.Fuzz;
using SharpFuzz;

switch (args)
{
    case ["seeds", var target, var folder] when Targets.All.TryGetValue(target, out var one):
        Directory.CreateDirectory(folder);
        foreach (var (bytes, number) in one.Seeds().Select((bytes, number) => (bytes, number)))
            File.WriteAllBytes(Path.Combine(folder, $"seed-{number}"), bytes);
        return 0;

    // What a fuzzer found, once more.
    case ["run", var target, .. var files] when Targets.All.TryGetValue(target, out var one):
        foreach (var file in files)
            one.Try(File.ReadAllBytes(file));
        return 0;

    case ["fuzz", var target] when Targets.All.TryGetValue(target, out var one):
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            one.Try(bytes.ToArray());
        });
        return 0;

    default:
        Console.Error.WriteLine($"usage: Clew.Fuzz seeds|run|fuzz {string.Join("|", Targets.All.Keys)} [folder or files]");
        return 2;
}
