namespace Clew.Integrity;

/// <summary>Takes a text apart, line by line.</summary>
internal ref struct Lines(ReadOnlySpan<byte> text)
{
    /// <summary>What has not been taken yet.</summary>
    public ReadOnlySpan<byte> Rest { get; private set; } = text;

    /// <summary>The line that was taken last, without its end.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Its number, from 1.</summary>
    public int Number { get; private set; }

    /// <returns>False where no further line ends.</returns>
    public bool MoveNext()
    {
        var end = Rest.IndexOf((byte)'\n');
        if (end < 0)
            return false;

        Current = Rest[..end];
        Rest = Rest[(end + 1)..];
        Number++;
        return true;
    }
}
