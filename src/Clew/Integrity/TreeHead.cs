namespace Clew.Integrity;

/// <summary>The Merkle tree over the first events of a log, in 32 bytes: it changes with every bit of them and with their order.</summary>
/// <param name="Size">How many events it covers, from 0: those at the positions 1 to this one.</param>
/// <param name="Root">Its root (RFC 9162, section 2.1.1).</param>
public readonly record struct TreeHead(long Size, Digest Root);
