using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Clew.Integrity;

/// <summary>The origin line of a Clew log's seals: <c>clew/</c>, the log's id in 32 hexadecimal digits, <c>/</c> and its epoch.</summary>
public static class SealOrigin
{
    private const string Start = "clew/";
    private const int IdDigits = 32;

    /// <summary>The origin of a log.</summary>
    /// <param name="logId">The log's id; its digits are in the byte order of RFC 9562.</param>
    /// <param name="epoch">From 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The epoch is less than 1.</exception>
    public static string Of(Guid logId, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epoch, 1);
        return string.Create(CultureInfo.InvariantCulture, $"{Start}{logId:N}/{epoch}");
    }

    /// <summary>Reads the log back.</summary>
    /// <returns>False where this is not the origin of a Clew log; it may be that of another one.</returns>
    public static bool TryParse([NotNullWhen(true)] string? origin, out Guid logId, out int epoch)
    {
        (logId, epoch) = (default, 0);
        return origin is not null
            && origin.StartsWith(Start, StringComparison.Ordinal)
            && origin.Length <= Start.Length + IdDigits + 11
            && Guid.TryParseExact(origin.AsSpan(Start.Length)[..Math.Min(IdDigits, origin.Length - Start.Length)], "N", out logId)
            && Canonical.TryNumber(Encoding.UTF8.GetBytes(origin.Split('/')[^1]), out var number)
            && (epoch = (int)Math.Min(number, int.MaxValue)) > 0
            && origin == Of(logId, epoch);
    }
}
