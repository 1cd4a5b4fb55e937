using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Clew.Events;

/// <summary>CRC-32C (RFC 3720, appendix B.4), which processors compute in hardware.</summary>
internal static class Crc32C
{
    // Compiled for speed at once: a command is half done before a method of its own accord is.
    /// <summary>The checksum of the bytes, continued from an earlier one; a seed continues like a checksum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Of(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        var crc = ~seed;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        if (bytes.Length >= sizeof(uint))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            bytes = bytes[sizeof(uint)..];
        }

        foreach (var single in bytes)
            crc = BitOperations.Crc32C(crc, single);

        return ~crc;
    }
}
