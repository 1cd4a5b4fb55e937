using System.Diagnostics;
using Clew.Sweep.Directed;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Commands;

/// <summary>Runs the directed checks, all of them even where one fails.</summary>
internal static class DirectedCommand
{
    // A planted bug may make a check run for ever.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static int Run(Arguments arguments)
    {
        var isBrief = arguments.Text("--brief") is not null;
        var clock = Stopwatch.StartNew();
        var failed = 0;
        foreach (var check in DirectedTable.All)
        {
            if (FaultOf(check) is not { } fault)
                continue;

            failed++;
            Console.WriteLine(isBrief ? check.Name : $"{check.Name}:\n  {(fault is Violation ? fault.Message : fault)}");
        }

        if (!isBrief)
            Console.WriteLine($"{DirectedTable.All.Count} checks in {clock.Elapsed.TotalSeconds:0.0} s, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    private static Exception? FaultOf(DirectedCheck check)
    {
        Exception? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                check.Run();
            }
            catch (Exception exception)
            {
                fault = exception;
            }
        })
        { IsBackground = true };
        thread.Start();
        return thread.Join(Patience) ? fault : new Violation("it does not end");
    }
}
