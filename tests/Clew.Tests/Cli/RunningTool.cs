using System.Text.Json;
using Clew.Cli;

namespace Clew.Tests.Cli;

/// <summary>Runs the tool, and tells when it has written a line.</summary>
internal sealed class RunningTool : StringWriter
{
    private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly SemaphoreSlim written = new(0);
    private int lines;

    public StringWriter Error { get; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public string[] Written => ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public long[] Positions =>
    [
        .. Written.Select(line =>
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("position").GetInt64();
        }),
    ];

    public Task<int> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync(arguments, new Terminal(TextReader.Null, this, Error, Time), stop.Token);

    public void Stop() => stop.Cancel();

    public async Task LinesAsync(int count)
    {
        for (; lines < count; lines++)
            Assert.True(await written.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    public override void Write(char value)
    {
        base.Write(value);
        if (value == '\n')
            written.Release();
    }

    protected override void Dispose(bool disposing)
    {
        written.Dispose();
        stop.Dispose();
        Error.Dispose();
        base.Dispose(disposing);
    }
}
