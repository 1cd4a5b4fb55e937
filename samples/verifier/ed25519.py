"""Ed25519 signature verification after RFC 8032, section 5.1.7.

Verification only: there is nothing secret here, so nothing needs to take constant time.
A point is (X, Y, Z, T) in extended coordinates: x = X/Z, y = Y/Z, x*y = T/Z (section 5.1.4).
"""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(p, q):
    """The sum of two points (section 5.1.4)."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * D * p[3] * q[3] % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(p):
    """Twice a point (section 5.1.4)."""
    a = p[0] * p[0] % P
    b = p[1] * p[1] % P
    c = 2 * p[2] * p[2] % P
    h = a + b
    e = h - (p[0] + p[1]) ** 2 % P
    g = a - b
    f = c + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(p):
    """The point that adds up with p to the neutral one."""
    return -p[0] % P, p[1], p[2], -p[3] % P


def combine(s, p, k, q):
    """s times p plus k times q. Both share the doublings, which halves the work."""
    both = add(p, q)
    result = NEUTRAL
    for bit in range(max(s.bit_length(), k.bit_length()) - 1, -1, -1):
        result = double(result)
        of_s, of_k = s >> bit & 1, k >> bit & 1
        if of_s and of_k:
            result = add(result, both)
        elif of_s:
            result = add(result, p)
        elif of_k:
            result = add(result, q)
    return result


def same(p, q):
    """Whether two points are one, without a division."""
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def is_small(p):
    """Whether eight times the point is the neutral one: such a key or R signs many messages at once."""
    return same(double(double(double(p))), NEUTRAL)


def decode(encoded):
    """The point of 32 bytes (section 5.1.3), or None where they are not the encoding of a point."""
    if len(encoded) != 32:
        return None
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x + u) % P == 0:
        x = x * SQRT_OF_MINUS_ONE % P
    if (v * x * x - u) % P != 0 or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


# The base point has y = 4/5 and an even x (section 5.1).
BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def verify(key, message, signature):
    """Whether the 64 bytes are a signature of the message by the key (section 5.1.7).

    The equation is the stricter of the two that the RFC allows, the one without the factor 8. Points of small
    order are refused, as the page has it.
    """
    a, r = decode(key), decode(signature[:32])
    if a is None or r is None or len(signature) != 64 or is_small(a) or is_small(r):
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= ORDER:  # else a second spelling of the same signature would be accepted
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    k = int.from_bytes(digest, "little") % ORDER
    return same(combine(s, BASE, k, negate(a)), r)
