namespace Clew.Ed25519;

/// <summary>A key file cannot be read or made. The message says why, and what to do; nothing was changed.</summary>
public sealed class KeyFileException(string message, Exception? cause = null) : Exception(message, cause);
