using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Clew.Events;
using Clew.Sweep.Simulation.Disk;

namespace Clew.Sweep.Simulation.Oracle;

/// <summary>Looks on a disk for what is left of content that was erased: in every file, as the system has it and as the device has it.</summary>
internal sealed class Residue
{
    private const int PieceBytes = 16;
    private const int StepBytes = 512;

    private readonly Dictionary<UInt128, Guid> pieces = [];

    // By their first two bytes, so that hardly any place on the disk has to be looked up.
    private readonly bool[] beginnings = new bool[1 << 16];

    public Residue(IEnumerable<EventData> erased)
    {
        foreach (var data in erased)
        {
            Add(data.Data.Span, data.Id);
            Add(data.Metadata.Span, data.Id);
        }
    }

    /// <returns>Where something is left, and of which event; null where nothing is.</returns>
    public (string Place, Guid Event)? Find(SimulatedDisk disk)
    {
        foreach (var name in disk.Names)
        {
            var file = disk.Find(name)!;
            if (Find(file.Cache) is var (cached, first))
                return ($"{name}@{cached} in the cache", first);
            if (Find(file.Durable) is var (durable, second))
                return ($"{name}@{durable} on the device", second);
        }

        return null;
    }

    // The beginning, the end, and a piece of each stretch that is as long as a sector.
    private void Add(ReadOnlySpan<byte> content, Guid id)
    {
        if (content.Length < PieceBytes)
            return;

        for (var at = 0; at + PieceBytes <= content.Length; at += StepBytes)
            AddPiece(content[at..], id);
        AddPiece(content[^PieceBytes..], id);
    }

    private void AddPiece(ReadOnlySpan<byte> bytes, Guid id)
    {
        pieces[MemoryMarshal.Read<UInt128>(bytes)] = id;
        beginnings[BinaryPrimitives.ReadUInt16LittleEndian(bytes)] = true;
    }

    private (int Place, Guid Event)? Find(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; at + PieceBytes <= bytes.Length; at++)
        {
            if (beginnings[BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..])] && pieces.TryGetValue(MemoryMarshal.Read<UInt128>(bytes[at..]), out var id))
                return (at, id);
        }

        return null;
    }
}
