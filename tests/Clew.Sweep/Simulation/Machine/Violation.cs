namespace Clew.Sweep.Simulation.Machine;

/// <summary>The engine broke a promise, or the simulator a rule of its own.</summary>
internal sealed class Violation(string message) : Exception(message);
