using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace Clew.Integrity;

/// <summary>
/// SHA-256 (FIPS 180-4) of many short messages, eight at a time. A call of the library's costs as much as hashing 13 blocks, and a Merkle
/// tree is made of messages of 2 to 6 (docs/decisions/0006-hashing-in-lanes.md).
/// </summary>
/// <remarks>
/// For one thread at a time. It is filled and run again and again, and allocates nothing once it has grown to the usual size. Where there is
/// no AVX2 (on Arm, and in a program compiled ahead of time for any x64), each message is a call of the library's.
/// </remarks>
internal sealed class Sha256Batch
{
    public const int DigestBytes = SHA256.HashSizeInBytes;

    // Longer ones are calls of the library's, whose blocks are a little cheaper.
    private const int LaneBlocksMax = 32;

    // What a call of the library's costs beside its blocks, in blocks.
    private const int CallBlocks = 13;

    private const int UsualBytes = 64 * 1024;
    private const int KeptBytesMax = 8 * 1024 * 1024;

    private readonly int laneBlocksMax;
    private readonly List<Message> messages = [];
    private readonly Sha256Lanes.Lane[] lanes = new Sha256Lanes.Lane[Sha256Lanes.Count];
    private readonly Vector256<uint>[] state = new Vector256<uint>[Sha256Lanes.StateWords];
    private byte[] staging = new byte[UsualBytes];
    private int staged;
    private int next;

    public Sha256Batch()
        : this(LaneBlocksMax)
    {
    }

    /// <param name="laneBlocksMax">How many blocks of 64 bytes a message may have to go into a lane; with 0 none does.</param>
    internal Sha256Batch(int laneBlocksMax) => this.laneBlocksMax = Sha256Lanes.AreSupported ? laneBlocksMax : 0;

    /// <summary>How many messages were added.</summary>
    public int Count => messages.Count;

    /// <summary>The bytes of a message, to be changed until it is hashed; good until another one is added.</summary>
    public Span<byte> this[int message] => staging.AsSpan(messages[message].Start, messages[message].Length);

    /// <summary>Adds a message.</summary>
    /// <param name="length">In bytes, from 0.</param>
    /// <returns>Where to write it, all of it, and before the next one is added; what lies there was left by others.</returns>
    public Span<byte> Add(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var message = new Message(staged, length);
        if (staging.Length < message.End)
            Array.Resize(ref staging, Math.Max(staging.Length * 2, message.End));

        messages.Add(message);
        staged = message.End;
        var padding = staging.AsSpan((message.Start + length)..message.End);
        padding.Clear();
        padding[0] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(padding[^sizeof(long)..], 8L * length);
        return staging.AsSpan(message.Start, length);
    }

    /// <summary>Hashes the messages, and forgets them.</summary>
    /// <param name="digests">Takes 32 bytes for each message, in the order in which they were added.</param>
    public void Run(Span<byte> digests)
    {
        digests = digests[..(Count * DigestBytes)];
        next = 0;
        while (IsRowOfOneLength())
            HashRow(digests);

        lanes.AsSpan().Clear();
        FillLanes(digests);
        while (IsStepCheaperThanCalls())
        {
            Step(digests);
            FillLanes(digests);
        }

        foreach (var lane in lanes)
        {
            if (lane.IsBusy)
                HashAlone(lane.Message, digests);
        }

        Clear();
    }

    /// <summary>Forgets the messages.</summary>
    public void Clear()
    {
        messages.Clear();
        staged = 0;
        if (staging.Length > KeptBytesMax)
            staging = new byte[UsualBytes];
    }

    /// <summary>Whether the next eight messages begin and end together.</summary>
    private bool IsRowOfOneLength()
    {
        if (messages.Count - next < Sha256Lanes.Count || messages[next].Blocks > laneBlocksMax)
            return false;

        var row = CollectionsMarshal.AsSpan(messages).Slice(next, Sha256Lanes.Count);
        foreach (var message in row)
        {
            if (message.Blocks != row[0].Blocks)
                return false;
        }

        return true;
    }

    private void HashRow(Span<byte> digests)
    {
        for (var lane = 0; lane < lanes.Length; lane++)
            lanes[lane] = new(next + lane, messages[next + lane].Start, messages[next + lane].End);

        Sha256Lanes.BeginAll(state);
        for (var block = 0; block < lanes[0].BlocksLeft; block++)
            Sha256Lanes.Compress(state, staging.AsSpan(block * Sha256Lanes.BlockBytes), lanes);

        Sha256Lanes.WriteAll(state, digests.Slice(next * DigestBytes, Sha256Lanes.Count * DigestBytes));
        next += Sha256Lanes.Count;
    }

    private void FillLanes(Span<byte> digests)
    {
        for (var lane = 0; lane < lanes.Length && next < messages.Count; lane++)
        {
            while (!lanes[lane].IsBusy && next < messages.Count)
                Take(next++, lane, digests);
        }
    }

    private void Take(int message, int lane, Span<byte> digests)
    {
        if (messages[message].Blocks > laneBlocksMax)
        {
            HashAlone(message, digests);
            return;
        }

        lanes[lane] = new(message, messages[message].Start, messages[message].End);
        Sha256Lanes.Begin(state, lane);
    }

    // As long as messages wait, it is. The last ones may be too few; they are then hashed by calls, from their beginnings.
    private bool IsStepCheaperThanCalls()
    {
        if (next < messages.Count)
            return true;

        var (longest, calls) = (0, 0);
        foreach (var lane in lanes)
        {
            if (!lane.IsBusy)
                continue;

            longest = Math.Max(longest, lane.BlocksLeft);
            calls += CallBlocks + messages[lane.Message].Blocks;
        }

        return longest * Sha256Lanes.Count < calls;
    }

    // As many blocks as each of the lanes has left. Lanes without work run along, on the first bytes.
    private void Step(Span<byte> digests)
    {
        var blocks = int.MaxValue;
        foreach (var lane in lanes)
            blocks = lane.IsBusy ? Math.Min(blocks, lane.BlocksLeft) : blocks;

        for (var block = 0; block < blocks; block++)
            Sha256Lanes.Compress(state, staging.AsSpan(block * Sha256Lanes.BlockBytes), lanes);
        for (var lane = 0; lane < lanes.Length; lane++)
        {
            if (lanes[lane].IsBusy)
                Advance(lane, blocks, digests);
        }
    }

    private void Advance(int lane, int blocks, Span<byte> digests)
    {
        lanes[lane] = lanes[lane].After(blocks);
        if (lanes[lane].IsBusy)
            return;

        Sha256Lanes.Write(state, lane, digests.Slice(lanes[lane].Message * DigestBytes, DigestBytes));
        lanes[lane] = default;
    }

    private void HashAlone(int message, Span<byte> digests) =>
        SHA256.HashData(staging.AsSpan(messages[message].Start, messages[message].Length), digests[(message * DigestBytes)..]);

    // Padded to whole blocks by one bit, zeros, and its length in 8 bytes (FIPS 180-4, section 5.1.1).
    private readonly record struct Message(int Start, int Length)
    {
        public int Blocks => checked((Length + sizeof(long)) / Sha256Lanes.BlockBytes) + 1;

        public int End => checked(Start + (Blocks * Sha256Lanes.BlockBytes));
    }
}

/// <summary>The compression function of SHA-256 (FIPS 180-4, section 6.2.2) on eight messages: each vector holds one word of each.</summary>
internal static class Sha256Lanes
{
    public const int Count = 8;
    public const int BlockBytes = 64;
    public const int StateWords = 8;
    private const int DigestBytes = StateWords * sizeof(uint);
    private const int BlockWords = 16;
    private const int Rounds = 64;

    public static bool AreSupported => Avx2.IsSupported;

    private static ReadOnlySpan<uint> Initial =>
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ];

    private static ReadOnlySpan<uint> RoundConstants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>Sets a lane's state to that before the first block.</summary>
    public static void Begin(Span<Vector256<uint>> state, int lane)
    {
        var words = MemoryMarshal.Cast<Vector256<uint>, uint>(state);
        for (var word = 0; word < StateWords; word++)
            words[(word * Count) + lane] = Initial[word];
    }

    /// <summary>Sets the state of all lanes to that before the first block.</summary>
    public static void BeginAll(Span<Vector256<uint>> state)
    {
        for (var word = 0; word < StateWords; word++)
            state[word] = Vector256.Create(Initial[word]);
    }

    /// <summary>Writes the digests that the states of all lanes are after the last block, one behind the other.</summary>
    public static void WriteAll(ReadOnlySpan<Vector256<uint>> state, Span<byte> digests)
    {
        Span<Vector256<uint>> halves = stackalloc Vector256<uint>[StateWords];
        Transpose(state[..4], halves[..4]);
        Transpose(state[4..], halves[4..]);
        for (var lane = 0; lane < Count / 2; lane++)
        {
            var (first, second) = (halves[lane], halves[lane + 4]);
            WriteBigEndian(Vector256.Create(first.GetLower(), second.GetLower()), digests.Slice(lane * DigestBytes, DigestBytes));
            WriteBigEndian(Vector256.Create(first.GetUpper(), second.GetUpper()), digests.Slice((lane + 4) * DigestBytes, DigestBytes));
        }
    }

    /// <summary>Writes the digest that a lane's state is after the last block.</summary>
    public static void Write(ReadOnlySpan<Vector256<uint>> state, int lane, Span<byte> digest)
    {
        var words = MemoryMarshal.Cast<Vector256<uint>, uint>(state);
        for (var word = 0; word < StateWords; word++)
            BinaryPrimitives.WriteUInt32BigEndian(digest[(word * sizeof(uint))..], words[(word * Count) + lane]);
    }

    /// <summary>Takes one block of each lane into its state.</summary>
    /// <param name="state">The eight words of the state; word by word, and within a word lane by lane.</param>
    /// <param name="bytes">Where the messages lie.</param>
    /// <param name="lanes">Where in them each lane is.</param>
    /// <remarks>Compiled in full at its first call: until it were found to be hot, it would be slower than the library.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Compress(Span<Vector256<uint>> state, ReadOnlySpan<byte> bytes, ReadOnlySpan<Lane> lanes)
    {
        Span<Vector256<uint>> schedule = stackalloc Vector256<uint>[Rounds];
        Load(bytes, lanes, schedule);

        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        var (e, f, g, h) = (state[4], state[5], state[6], state[7]);
        for (var t = 0; t < Rounds; t++)
        {
            if (t < Rounds - BlockWords)
                schedule[t + 16] = schedule[t] + schedule[t + 9] + SmallSigma0(schedule[t + 1]) + SmallSigma1(schedule[t + 14]);

            var choice = g ^ (e & (f ^ g));
            var majority = b ^ ((a ^ b) & (b ^ c));
            var first = h + schedule[t] + Vector256.Create(RoundConstants[t]) + choice + BigSigma1(e);
            var second = majority + BigSigma0(a);
            (a, b, c, d, e, f, g, h) = (first + second, a, b, c, d + first, e, f, g);
        }

        (state[0], state[1], state[2], state[3]) = (state[0] + a, state[1] + b, state[2] + c, state[3] + d);
        (state[4], state[5], state[6], state[7]) = (state[4] + e, state[5] + f, state[6] + g, state[7] + h);
    }

    // Four words of each lane at a time; lane n and lane n + 4 share a vector, so that no step moves anything between its halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(ReadOnlySpan<byte> bytes, ReadOnlySpan<Lane> lanes, Span<Vector256<uint>> words)
    {
        for (var word = 0; word < BlockWords; word += 4)
        {
            var (row0, row1) = (Row(bytes, lanes, 0, word), Row(bytes, lanes, 1, word));
            var (row2, row3) = (Row(bytes, lanes, 2, word), Row(bytes, lanes, 3, word));
            var (low01, high01) = (Avx2.UnpackLow(row0, row1).AsUInt64(), Avx2.UnpackHigh(row0, row1).AsUInt64());
            var (low23, high23) = (Avx2.UnpackLow(row2, row3).AsUInt64(), Avx2.UnpackHigh(row2, row3).AsUInt64());
            words[word] = Avx2.UnpackLow(low01, low23).AsUInt32();
            words[word + 1] = Avx2.UnpackHigh(low01, low23).AsUInt32();
            words[word + 2] = Avx2.UnpackLow(high01, high23).AsUInt32();
            words[word + 3] = Avx2.UnpackHigh(high01, high23).AsUInt32();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Row(ReadOnlySpan<byte> bytes, ReadOnlySpan<Lane> lanes, int lane, int word)
    {
        var low = Vector128.Create(bytes.Slice(lanes[lane].At + (word * sizeof(uint)), Vector128<byte>.Count));
        var high = Vector128.Create(bytes.Slice(lanes[lane + (Count / 2)].At + (word * sizeof(uint)), Vector128<byte>.Count));
        var bigEndian = Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
        return Avx2.Shuffle(Vector256.Create(low, high), Vector256.Create(bigEndian, bigEndian)).AsUInt32();
    }

    // Four words of all lanes become four words of each; lane n and lane n + 4 share a vector, as when they are loaded.
    private static void Transpose(ReadOnlySpan<Vector256<uint>> words, Span<Vector256<uint>> halves)
    {
        var (low01, high01) = (Avx2.UnpackLow(words[0], words[1]).AsUInt64(), Avx2.UnpackHigh(words[0], words[1]).AsUInt64());
        var (low23, high23) = (Avx2.UnpackLow(words[2], words[3]).AsUInt64(), Avx2.UnpackHigh(words[2], words[3]).AsUInt64());
        halves[0] = Avx2.UnpackLow(low01, low23).AsUInt32();
        halves[1] = Avx2.UnpackHigh(low01, low23).AsUInt32();
        halves[2] = Avx2.UnpackLow(high01, high23).AsUInt32();
        halves[3] = Avx2.UnpackHigh(high01, high23).AsUInt32();
    }

    private static void WriteBigEndian(Vector256<uint> words, Span<byte> target)
    {
        var bigEndian = Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
        Avx2.Shuffle(words.AsByte(), Vector256.Create(bigEndian, bigEndian)).CopyTo(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> BigSigma0(Vector256<uint> x) => RotateRight(x, 2) ^ RotateRight(x, 13) ^ RotateRight(x, 22);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> BigSigma1(Vector256<uint> x) => RotateRight(x, 6) ^ RotateRight(x, 11) ^ RotateRight(x, 25);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> SmallSigma0(Vector256<uint> x) => RotateRight(x, 7) ^ RotateRight(x, 18) ^ (x >>> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> SmallSigma1(Vector256<uint> x) => RotateRight(x, 17) ^ RotateRight(x, 19) ^ (x >>> 10);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RotateRight(Vector256<uint> x, int bits) => (x >>> bits) | (x << (32 - bits));

    /// <summary>What a lane works on.</summary>
    /// <param name="Message">Which message.</param>
    /// <param name="At">Where its next block begins.</param>
    /// <param name="End">Where its last block ends.</param>
    internal readonly record struct Lane(int Message, int At, int End)
    {
        public bool IsBusy => At < End;

        public int BlocksLeft => (End - At) / BlockBytes;

        public Lane After(int blocks) => this with { At = At + (blocks * BlockBytes) };
    }
}
