using System.Diagnostics;
using System.Globalization;
using Clew.Store;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Commands;

/// <summary>Cuts a store off at every byte of the end of its log: what is left must open as a prefix, or be refused.</summary>
internal static class TruncateSweep
{
    private const int BytesMax = 64 * 1024;

    public static int Run(Arguments arguments)
    {
        var clock = Stopwatch.StartNew();
        Console.WriteLine(Sweep(arguments.Number("--step", 1), arguments.Number("--threads", Environment.ProcessorCount)));
        Console.WriteLine($"{clock.Elapsed.TotalSeconds:0} s");
        return 0;
    }

    public static string Sweep(int step, int threads)
    {
        var sample = Sample.Make(batches: 130);
        var (opened, refused) = (0, 0);
        var marks = new[] { sample.Marks.Count - 1, sample.Marks.Count - 2, sample.Marks.Count / 2 };
        Parallel.For(0, sample.CutPoints(step), new ParallelOptions { MaxDegreeOfParallelism = threads }, index =>
        {
            var cut = sample.WrittenBytes - (index * step);
            foreach (var mark in marks)
            {
                foreach (var keepsLength in new[] { false, true })
                    _ = sample.Opens(cut, mark, keepsLength) ? Interlocked.Increment(ref opened) : Interlocked.Increment(ref refused);
            }
        });
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{opened + refused:N0} truncated stores at {sample.CutPoints(step):N0} places: {opened:N0} opened with a prefix, {refused:N0} refused, 0 lost what HEAD proves");
    }

    /// <summary>A store as a kill leaves it, and what its HEAD was after each append.</summary>
    private sealed record Sample(MemoryDisk Disk, string Segment, int WrittenBytes, IReadOnlyList<(byte[] Bytes, long Position)> Marks)
    {
        private const string HeadFile = "HEAD";

        public int CutPoints(int step) => Math.Min(BytesMax, WrittenBytes) / step;

        public static Sample Make(int batches)
        {
            var disk = new MemoryDisk();
            var marks = new List<(byte[], long)>();
            var before = disk;
            Laboratory.With(disk, async store =>
            {
                for (var number = 0; number < batches; number++)
                {
                    before = disk.Copy();
                    var position = await Laboratory.AppendAsync(store, number);
                    marks.Add((disk[HeadFile], position));
                }

                return true;
            });
            var segment = disk.Names.Last(name => name.EndsWith(".seg", StringComparison.Ordinal)
                && before.Names.Contains(name) && !disk[name].AsSpan().SequenceEqual(before[name]));
            return new(disk, segment, disk[segment].AsSpan().TrimEnd((byte)0).Length, marks);
        }

        public bool Opens(int cut, int mark, bool keepsLength)
        {
            var copy = Disk.Copy();
            var bytes = copy[Segment].AsSpan(0, cut).ToArray();
            copy[Segment] = keepsLength ? [.. bytes, .. new byte[Disk[Segment].Length - cut]] : bytes;
            copy[HeadFile] = Marks[mark].Bytes;
            try
            {
                var events = Laboratory.With(copy, Laboratory.ReadEverythingAsync);
                return events >= Marks[mark].Position
                    ? true
                    : throw new Violation($"cut at {cut}, with HEAD at {Marks[mark].Position}: opened with {events} events");
            }
            catch (StoreCorruptedException)
            {
                return false;
            }
        }
    }
}
