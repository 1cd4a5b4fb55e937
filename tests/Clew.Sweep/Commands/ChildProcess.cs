using System.Diagnostics;
using System.Globalization;
using Clew.Integrity;

namespace Clew.Sweep.Commands;

/// <summary>A child that is running, and what it has printed.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process process;
    private readonly List<string> lines = [];
    private readonly TaskCompletionSource closed = new();

    private ChildProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => TakeError(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Errors { get; private set; } = "";

    /// <param name="wrapper">A program and its arguments that run the child, such as strace.</param>
    /// <param name="arguments">The child's arguments.</param>
    public static ChildProcess Start(IReadOnlyList<string> wrapper, params IReadOnlyList<string> arguments)
    {
        IReadOnlyList<string> words = [.. wrapper, "dotnet", typeof(ChildProcess).Assembly.Location, "child", .. arguments];
        var start = new ProcessStartInfo(words[0], words.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new(new Process { StartInfo = start });
    }

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines)
                return [.. lines];
        }
    }

    /// <summary>SIGKILL, as nothing can catch it.</summary>
    public void Kill() => process.Kill(entireProcessTree: true);

    /// <summary>Waits for its end, and for the last of what it printed.</summary>
    /// <returns>Its exit code.</returns>
    public int Wait()
    {
        if (!process.WaitForExit(60_000))
        {
            Kill();
            throw new InvalidOperationException("the child does not end:\n" + string.Join("\n", Lines.TakeLast(5)) + "\n" + Errors);
        }

        process.WaitForExit();
        closed.Task.Wait();
        return process.ExitCode;
    }

    /// <summary>Waits until it has printed so many lines, or has ended.</summary>
    public void WaitForLines(int count)
    {
        lock (lines)
        {
            while (lines.Count < count && !closed.Task.IsCompleted)
                Monitor.Wait(lines);
        }
    }

    /// <summary>Waits until it has printed such a line, or has ended.</summary>
    public void WaitFor(Predicate<string> isIt)
    {
        lock (lines)
        {
            while (!lines.Exists(isIt) && !closed.Task.IsCompleted)
                Monitor.Wait(lines);
        }
    }

    /// <returns>The batches it has acknowledged, and where it says they are.</returns>
    public IEnumerable<(int Number, long First, long Last)> Acks() =>
        Lines.Select(line => line.Split(' ')).Where(words => words[0] == "ack").Select(words => (
            int.Parse(words[1], CultureInfo.InvariantCulture),
            long.Parse(words[2], CultureInfo.InvariantCulture),
            long.Parse(words[3], CultureInfo.InvariantCulture)));

    /// <returns>The events that it has acknowledged as erased: each of those at a position; or all of a stream, up to a position.</returns>
    public IEnumerable<(string? Stream, long Position)> Erased() =>
        Lines.Select(line => line.Split(' ')).Where(words => words[0] == "erased").Select(words => (
            words[1] == "stream" ? words[2] : null, long.Parse(words[^1], CultureInfo.InvariantCulture)));

    /// <returns>The roots that it says the log has had.</returns>
    public IEnumerable<TreeHead> Roots() =>
        Lines.Select(line => line.Split(' ')).Where(words => words[0] == "root").Select(words => new TreeHead(
            long.Parse(words[1], CultureInfo.InvariantCulture), Digest.From(Convert.FromHexString(words[2]))));

    public void Dispose() => process.Dispose();

    private void Take(string? line)
    {
        lock (lines)
        {
            if (line is null)
                closed.TrySetResult();
            else
                lines.Add(line);
            Monitor.PulseAll(lines);
        }
    }

    private void TakeError(string? line)
    {
        lock (lines)
            Errors += line is null ? "" : line + "\n";
    }
}
