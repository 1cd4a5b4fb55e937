using Clew.Integrity;

namespace Clew.Store.Segments;

/// <summary>
/// The seals of an embedded store: signed roots of its Merkle tree, kept in its folder and made to be carried elsewhere. Works from any
/// process, also while an application has the store open for writing.
/// </summary>
/// <remarks>
/// A seal proves something to whoever holds it, or a later one, elsewhere than where the log lies: who can write the folder and has the key
/// can make another history and seal that.
/// </remarks>
public static class SegmentSeals
{
    /// <summary>Seals a log as it is now.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="signer">The log's key. It is named like the <see cref="SealOrigin"/>, or as somebody likes, but not like another log or epoch.</param>
    /// <param name="options">How the store is read; where it has archived segments, how they are.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The seal, durable among the store's own; the last one again where nothing came since.</returns>
    /// <exception cref="ArgumentException">The key is named like another log, or another epoch of this one, or has handed over to another key.</exception>
    /// <exception cref="HistoryChangedException">The log does not continue what was sealed last. Nothing was signed.</exception>
    /// <exception cref="StoreCorruptedException">The log or its seals are damaged.</exception>
    /// <exception cref="StoreUnavailableException">The folder cannot be read or written.</exception>
    public static ValueTask<Seal> SealAsync(
        string folder, INoteSigner signer, SegmentStoreOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(signer);
        return WithReaderAsync(folder, options, (reader, surroundings) => SealAsync(reader.Proofs, surroundings, signer, cancellation), cancellation);
    }

    /// <summary>Hands over from one key to another: both sign that the new one seals from here on.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="oldSigner">The key that sealed so far; also the key of an earlier epoch, for those who trust that one.</param>
    /// <param name="newSigner">The key that seals from here on.</param>
    /// <param name="options">How the store is read; where it has archived segments, how they are.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The rotation, durable among the store's seals. The old key has sealed the log as it is now before.</returns>
    /// <exception cref="ArgumentException">A key is named like another log, the new one like another epoch, or one has handed over before.</exception>
    /// <exception cref="HistoryChangedException">The log does not continue what was sealed last. Nothing was signed.</exception>
    public static ValueTask<KeyRotation> RotateAsync(
        string folder, INoteSigner oldSigner, INoteSigner newSigner, SegmentStoreOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(oldSigner);
        ArgumentNullException.ThrowIfNull(newSigner);
        return WithReaderAsync(folder, options, RotateAsync, cancellation);

        async ValueTask<KeyRotation> RotateAsync(SegmentEventReader reader, Surroundings surroundings)
        {
            RefuseKeyOfAnotherLog(oldSigner, reader.Proofs.Lineage);
            RefuseKeyOfAnotherEpoch(newSigner, reader.Proofs.Lineage);
            await using var file = await SealFile.OpenAsync(surroundings, cancellation);
            if (file.Book.Rotations.Any(rotation => rotation.OldKey == newSigner.Key))
                throw new ArgumentException($"The key {newSigner.Key} has handed over before, and nobody would believe it again: make a new one.", nameof(newSigner));

            var last = await SealAsync(file, reader.Proofs, oldSigner, cancellation);
            var rotation = KeyRotation.Sign(last.Origin, last.Head, oldSigner, newSigner);
            await file.AddAsync(SealBook.EntryOf(rotation));
            return rotation;
        }
    }

    /// <summary>Keeps what others signed too: a seal of this log with their signatures beside the log's own.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="countersigned">The seal. Its signatures are kept as they are; who trusts a key checks them.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>False where the store keeps no seal with that text, so that there is nothing to countersign.</returns>
    public static ValueTask<bool> AddSignaturesAsync(string folder, Seal countersigned, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(countersigned);
        return StoreFaults.TranslateAsync(AddAsync);

        async ValueTask<bool> AddAsync()
        {
            var surroundings = SurroundingsOf(folder);
            await using var file = await SealFile.OpenAsync(surroundings, cancellation);
            if (file.Book.Seals.FirstOrDefault(seal => seal.Note.Text == countersigned.Note.Text) is not { } kept)
                return false;

            if (countersigned.Note.Signatures.Except(kept.Note.Signatures).Any())
                await file.AddAsync(SealBook.EntryOf(countersigned));
            return true;
        }
    }

    /// <summary>Has a copy of a store keep the seals that the store keeps.</summary>
    /// <param name="from">The store's folder.</param>
    /// <param name="to">The copy's.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>How many seals the copy keeps then.</returns>
    /// <exception cref="StoreCorruptedException">The seals of one of both are damaged.</exception>
    public static ValueTask<int> CopyAsync(string from, string to, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(from);
        ArgumentException.ThrowIfNullOrWhiteSpace(to);
        return StoreFaults.TranslateAsync(CopyAsync);

        async ValueTask<int> CopyAsync()
        {
            var (bytes, book) = await SealFile.ReadAsync(FolderDisk.Existing(from));
            if (bytes.Length == 0)
                return 0;

            await using var file = await SealFile.OpenAsync(SurroundingsOf(to), cancellation);
            if (bytes.Length > file.Book.WholeBytes)
                await file.ReplaceAsync(bytes);
            return book.Seals.Count;
        }
    }

    /// <summary>The seals and key rotations that a store keeps.</summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="StoreCorruptedException">They are damaged.</exception>
    public static ValueTask<SealBook> ReadAsync(string folder, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        cancellation.ThrowIfCancellationRequested();
        return StoreFaults.TranslateAsync(async () => (await SealFile.ReadAsync(FolderDisk.Existing(folder))).Book);
    }

    internal static async ValueTask<Seal> SealAsync(LogProofs proofs, Surroundings surroundings, INoteSigner signer, CancellationToken cancellation)
    {
        RefuseKeyOfAnotherEpoch(signer, proofs.Lineage);
        await using var file = await SealFile.OpenAsync(surroundings, cancellation);
        return await SealAsync(file, proofs, signer, cancellation);
    }

    private static async ValueTask<Seal> SealAsync(SealFile file, LogProofs proofs, INoteSigner signer, CancellationToken cancellation)
    {
        var origin = SealOrigin.Of(proofs.Lineage.LogId, proofs.Lineage.Epoch);
        if (file.Book.Rotations.FirstOrDefault(rotation => rotation.Origin == origin && rotation.OldKey == signer.Key) is { } rotated)
            throw new ArgumentException($"This key has handed over to another one, {rotated.NewKey}: seal with that.", nameof(signer));

        var head = await proofs.TreeHeadAsync(at: null, cancellation);
        if (file.Book.Seals.LastOrDefault(seal => seal.Origin == origin) is { } last)
        {
            if (last.Head.Size > head.Size || (await proofs.TreeHeadAsync(new(last.Head.Size), cancellation)).Root != last.Head.Root)
                throw new HistoryChangedException(last.Head, head);
            if (last.Head == head && last.Note.Signatures.Any(signature => signature.NamesKey(signer.Key)))
                return last;
        }

        var made = Seal.Sign(origin, head, signer);
        await file.AddAsync(SealBook.EntryOf(made));
        return made;
    }

    // Who looks a key up by the origin would not find it; and who is to trust a key for one life of the log would trust it for two.
    private static void RefuseKeyOfAnotherEpoch(INoteSigner signer, Lineage own)
    {
        RefuseKeyOfAnotherLog(signer, own);
        var origin = SealOrigin.Of(own.LogId, own.Epoch);
        if (SealOrigin.TryParse(signer.Key.Name, out _, out _) && signer.Key.Name != origin)
        {
            throw new ArgumentException(
                $"The key is the one of {signer.Key.Name}, and this log is {origin}, which needs a key of its own: make one (clew seal --new-key). " +
                "Where those who trust the old key are to trust the new one, hand over from it (clew seal --key OLD --rotate-to NEW).", nameof(signer));
        }
    }

    private static void RefuseKeyOfAnotherLog(INoteSigner signer, Lineage own)
    {
        if (SealOrigin.TryParse(signer.Key.Name, out var logId, out _) && logId != own.LogId)
        {
            throw new ArgumentException(
                $"The key is the one of another log, {signer.Key.Name}, and this is {SealOrigin.Of(own.LogId, own.Epoch)}: give this log's key, or make one (clew seal --new-key).", nameof(signer));
        }
    }

    private static ValueTask<T> WithReaderAsync<T>(
        string folder, SegmentStoreOptions? options, Func<SegmentEventReader, Surroundings, ValueTask<T>> work, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        return StoreFaults.TranslateAsync(RunAsync);

        async ValueTask<T> RunAsync()
        {
            await using var reader = await SegmentEventReader.OpenAsync(folder, options, cancellation);
            return await work(reader, SurroundingsOf(folder));
        }
    }

    private static Surroundings SurroundingsOf(string folder) =>
        new(FolderDisk.Existing(folder), new SegmentStoreOptions().Time, new ThreadWorkers(), Events.SystemEntropy.Fill);
}
