using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace Clew.Integrity;

/// <summary>
/// Numbers and bytes as text, each of which has one form only. What would read as the same but is written otherwise is refused, so that
/// nobody can change a byte of a signed text or of a proof without changing what it says.
/// </summary>
internal static class Canonical
{
    private const int DigestLetters = 44;

    /// <summary>Decimal digits without leading zeros.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        var isCanonical = !text.IsEmpty && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9') && (text[0] != '0' || text.Length == 1);
        return isCanonical && Utf8Parser.TryParse(text, out number, out var taken) && taken == text.Length;
    }

    /// <summary>The standard base64 of RFC 4648, section 4: padded, without line ends, its unused bits zero.</summary>
    public static bool TryBase64(ReadOnlySpan<byte> text, out byte[] bytes)
    {
        bytes = new byte[Math.Max(0, Base64.GetMaxDecodedFromUtf8Length(text.Length) - PaddingOf(text))];
        return TryDecode(text, bytes);
    }

    /// <summary>A digest in base64.</summary>
    public static bool TryDigest(ReadOnlySpan<byte> text, out Digest digest)
    {
        digest = default;
        return text.Length == DigestLetters && TryDecode(text, digest);
    }

    public static string TextOf(Digest digest) => Convert.ToBase64String(digest);

    /// <returns>False where the text holds half of a surrogate pair, which UTF-8 cannot carry.</returns>
    public static bool TryUtf8(string text, out byte[] bytes)
    {
        bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var status = Utf8.FromUtf16(text, bytes, out _, out var written, replaceInvalidSequences: false);
        Array.Resize(ref bytes, written);
        return status == OperationStatus.Done;
    }

    private static int PaddingOf(ReadOnlySpan<byte> text) => text switch
    {
        [.., (byte)'=', (byte)'='] => 2,
        [.., (byte)'='] => 1,
        _ => 0,
    };

    // The decoder refuses unused bits that are not zero. It passes over white space, and then there are fewer bytes than letters make.
    private static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> bytes) =>
        text.Length % 4 == 0
        && Base64.DecodeFromUtf8(text, bytes, out _, out var written) == OperationStatus.Done
        && written == bytes.Length;
}
