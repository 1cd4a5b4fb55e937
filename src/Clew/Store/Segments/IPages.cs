namespace Clew.Store.Segments;

/// <summary>Pages that are read when they are asked for, until one is the last.</summary>
/// <remarks>Not for several threads at once.</remarks>
internal interface IPages : IAsyncDisposable
{
    /// <summary>Whether the last page has been read.</summary>
    bool IsDone { get; }

    /// <exception cref="StoreCorruptedException">The first event that is left is damaged, or one of its batch; the batches before it were given.</exception>
    /// <exception cref="DiskException">The same, where the disk cannot read it.</exception>
    ValueTask<EventPage> NextAsync();
}
