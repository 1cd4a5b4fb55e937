using System.Runtime.CompilerServices;

namespace Clew.Store.Segments;

/// <summary>Turns what the disk says into what a user of the store can act upon.</summary>
internal static class StoreFaults
{
    public static async ValueTask<T> TranslateAsync<T>(Func<ValueTask<T>> action)
    {
        try
        {
            return await action();
        }
        catch (DiskException fault)
        {
            throw Translate(fault);
        }
    }

    public static async IAsyncEnumerable<T> Translate<T>(IAsyncEnumerable<T> source, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var items = source.GetAsyncEnumerator(cancellation);
        while (true)
        {
            try
            {
                if (!await items.MoveNextAsync())
                    yield break;
            }
            catch (DiskException fault)
            {
                throw Translate(fault);
            }

            yield return items.Current;
        }
    }

    public static StoreException Translate(DiskException fault) => fault.Fault switch
    {
        DiskFault.Full => new StoreFullException($"There is no space left: {fault.Message} Make space and try again; nothing is lost.", fault),
        DiskFault.Missing => new StoreUnavailableException($"{fault.Message} Give the folder of a store.", fault),
        DiskFault.Denied => new StoreUnavailableException($"{fault.Message} Run as a user who may read and write the store's files.", fault),
        DiskFault.Unfit => new StoreUnavailableException(fault.Message, fault),
        _ => new StoreUnavailableException($"The disk reports an error: {fault.Message} See to the disk and how it is mounted, and try again.", fault),
    };
}
