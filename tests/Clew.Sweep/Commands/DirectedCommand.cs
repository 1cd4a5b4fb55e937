using System.Diagnostics;
using Clew.Sweep.Directed;
using Clew.Sweep.Simulation.Machine;

namespace Clew.Sweep.Commands;

/// <summary>Runs the directed checks, all of them even where one fails.</summary>
internal static class DirectedCommand
{
    public static int Run(Arguments arguments)
    {
        var isBrief = arguments.Text("--brief") is not null;
        var clock = Stopwatch.StartNew();
        var failed = 0;
        foreach (var check in DirectedTable.All)
        {
            try
            {
                check.Run();
            }
            catch (Exception exception)
            {
                failed++;
                Console.WriteLine(isBrief ? check.Name : $"{check.Name}:\n  {(exception is Violation ? exception.Message : exception)}");
            }
        }

        if (!isBrief)
            Console.WriteLine($"{DirectedTable.All.Count} checks in {clock.Elapsed.TotalSeconds:0.0} s, {failed} failed");
        return failed == 0 ? 0 : 1;
    }
}
