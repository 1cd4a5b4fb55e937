namespace Clew.Store.Segments;

/// <summary>A log that lies in segments, open in this process.</summary>
internal interface ISegmentedLog
{
    /// <summary>The log as its readers see it.</summary>
    LogView View { get; }
}
