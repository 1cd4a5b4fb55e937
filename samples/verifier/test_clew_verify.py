"""Tests of the verifier. All samples are built here, by an encoder of its own: no file is needed.

Run: python3 -m unittest test_clew_verify
"""
import base64
import contextlib
import functools
import hashlib
import io
import os
import struct
import tempfile
import unittest
from unittest import mock

import clew_verify as clew
import ed25519

# ---- A signer, and keys for the samples: RFC 8032, sections 5.1.5 and 5.1.6 -----------------------

def encode_point(point):
    inverse = pow(point[2], -1, ed25519.P)
    x, y = point[0] * inverse % ed25519.P, point[1] * inverse % ed25519.P
    return (y | (x & 1) << 255).to_bytes(32, "little")

def times_base(number):
    return encode_point(ed25519.combine(number, ed25519.BASE, 0, ed25519.NEUTRAL))

def to_int(data):
    return int.from_bytes(data, "little")

class Signer:
    def __init__(self, name, seed):
        digest = hashlib.sha512(seed).digest()
        self.scalar, self.prefix = to_int(digest[:32]) & (1 << 254) - 8 | 1 << 254, digest[32:]
        self.public, self.name = times_base(self.scalar), name
        self.id = hashlib.sha256(name.encode() + b"\n\x01" + self.public).digest()[:4]
        self.text = f"{name}+{self.id.hex()}+{b64(bytes([1]) + self.public)}"

    def sign(self, message):
        r = to_int(hashlib.sha512(self.prefix + message).digest()) % ed25519.ORDER
        first = times_base(r)
        k = to_int(hashlib.sha512(first + self.public + message).digest())
        return first + ((r + k * self.scalar) % ed25519.ORDER).to_bytes(32, "little")

    def line(self, text):
        return f"\u2014 {self.name} {b64(self.id + self.sign(text.encode()))}\n"

def b64(data):
    return base64.b64encode(data).decode()

LOG_ID = bytes(range(16))
ORIGIN = f"clew/{LOG_ID.hex()}/1"
OLD, NEW, WITNESS = Signer(ORIGIN, b"1" * 32), Signer(ORIGIN, b"2" * 32), Signer("witness.example", b"3" * 32)

# ---- An encoder of events, trees, seals and proofs, as the page has them --------------------------

def envelope(position, data, metadata=b"", stream="orders", version=None, index=0, count=1, recorded=None, tags=()):
    body = stream.encode() + b"placed" + b"".join(struct.pack("<H", len(tag.encode())) + tag.encode() for tag in tags)
    more = struct.pack("<q", -5) + bytes(range(32)) if position % 2 else b""
    head = struct.pack("<BBHHHIIHHHHIQQq", 1, 7 if more else 0, 1, index, count, len(data), len(metadata),
                       len(stream.encode()), 6, 0, len(tags), 0, position, version or position,
                       position if recorded is None else recorded)
    rest = head + bytes([position % 256]) * 16 + more + body
    return struct.pack("<I", 4 + len(rest)) + rest

def sha(data):
    return hashlib.sha256(data).digest()

def tree(leaves):
    """MTH of RFC 9162, section 2.1.1, as it is written there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha(b"")
    k = split(len(leaves))
    return sha(b"\x01" + tree(leaves[:k]) + tree(leaves[k:]))

def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k

def path(m, leaves):
    """PATH of RFC 9162, section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    return path(m, leaves[:k]) + [tree(leaves[k:])] if m < k else path(m - k, leaves[k:]) + [tree(leaves[:k])]

def growth(m, leaves, whole=True):
    """PROOF and SUBPROOF of RFC 9162, section 2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [tree(leaves)]
    k = split(len(leaves))
    if m <= k:
        return growth(m, leaves[:k], whole) + [tree(leaves[k:])]
    return growth(m - k, leaves[k:], False) + [tree(leaves[:k])]

CONTENTS = [(f"salt-of-16-byte{i}".encode()[:16], b'{"n":%d}' % i, b"" if i % 3 else b"meta") for i in range(7)]
ENVELOPES = [envelope(i + 1, data, metadata, tags=("customer:7", "city:K\u00f6ln") if i % 2 else ())
             for i, (_, data, metadata) in enumerate(CONTENTS)]
DIGESTS = [sha(b"".join(content)) for content in CONTENTS]
LEAVES = [sha(b"\x00" + e + d) for e, d in zip(ENVELOPES, DIGESTS)]

def seal_text(size, root=None, more="", origin=ORIGIN):
    return f"{origin}\n{size}\n{b64(root or tree(LEAVES[:size]))}\n{more}"

def seal(size, *signers, **fields):
    text = seal_text(size, **fields)
    return text + "\n" + "".join(signer.line(text) for signer in signers or (OLD,))

def rotation(size, old=OLD, new=NEW, signers=(OLD, NEW)):
    text = f"clew/key-rotation/v1\n{ORIGIN}\n{old.text}\n{new.text}\n{size}\n{b64(tree(LEAVES[:size]))}\n"
    return text + "\n" + "".join(signer.line(text) for signer in signers)

def event_proof(position, size, content=True, signed=None):
    e, p = ENVELOPES[position - 1], position - 1
    extra = bytes([1 if content else 2]) + e[:4] + e + (b"".join(CONTENTS[p]) if content else DIGESTS[p])
    nodes = "".join(b64(node) + "\n" for node in path(p, LEAVES[:size]))
    return f"c2sp.org/tlog-proof@v1\nextra {b64(extra)}\nindex {p}\n{nodes}\n" + (signed or seal(size))

def growth_proof(first, second, older=None, newer=None):
    nodes = growth(first, LEAVES[:second]) if first else []
    return ("clew/consistency-proof/v1\n" + "".join(b64(node) + "\n" for node in nodes) +
            "\n" + (older or seal(first)) + "\n" + (newer or seal(second)))

def trust(*signers):
    return clew.Trust([clew.parse_key(signer.text) for signer in signers or (OLD,)])

def check(text, *signers):
    return clew.check_proof(text.encode(), trust(*signers))

class Primitives(unittest.TestCase):
    VECTORS = [  # RFC 8032, section 7.1: public key, message, signature
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
         "d25bf5f0595bbe24655141438e7a100b"),
        ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
         "387b2eaeb4302aeeb00d291612bb0c00"),
        ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
         "4a7c15e9716ed28dc027beceea1ec40a"),
        ("278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
         "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1"
         "e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d"
         "658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a"
         "7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e"
         "06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc10"
         "3b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed1"
         "85ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d"
         "502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f270"
         "88d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089b"
         "eccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128ba"
         "b27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969b"
         "e3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb7"
         "51fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988d"
         "cda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34df"
         "f7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7"
         "984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e4"
         "88acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac09"
         "43bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5f"
         "b93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f161"
         "0e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d"
         "b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8ca"
         "c60c905c15fc910840b94c00a0b9d0",
         "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b"
         "5e8fcd4f681e30a6ac00a9704a188a03"),
        ("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",  # its message is SHA-512 of "abc"
         hashlib.sha512(b"abc").hexdigest(),
         "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
         "3dca179c138ac17ad9bef1177331a704")]

    def test_ed25519_vectors(self):
        for key, message, signature in self.VECTORS:
            key, message, signature = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
            self.assertTrue(ed25519.verify(key, message, signature))
            self.assertFalse(ed25519.verify(key, message + b"x", signature))
            for bit in range(0, 512, 7):
                changed = bytearray(signature)
                changed[bit // 8] ^= 1 << bit % 8
                self.assertFalse(ed25519.verify(key, message, bytes(changed)))
            s = (to_int(signature[32:]) + ed25519.ORDER).to_bytes(32, "little")
            self.assertFalse(ed25519.verify(key, message, signature[:32] + s), "S is not below the order")
            self.assertFalse(ed25519.verify(key, message, signature + b"\0"))

    def test_ed25519_points(self):
        self.assertIsNone(ed25519.decode((2).to_bytes(32, "little")), "no point has this y")
        self.assertIsNone(ed25519.decode((ed25519.P + 1).to_bytes(32, "little")), "y is not below p")
        self.assertIsNone(ed25519.decode((1 | 1 << 255).to_bytes(32, "little")), "x is 0 with a sign")
        self.assertIsNone(ed25519.decode(bytes(31)))
        neutral = encode_point(ed25519.NEUTRAL)
        self.assertFalse(ed25519.verify(neutral, b"any", neutral + bytes(32)), "a key and an R of small order")
        self.assertEqual(encode_point(ed25519.BASE), (4 * pow(5, -1, ed25519.P) % ed25519.P).to_bytes(32, "little"))

    def test_crc32c_vectors(self):
        """RFC 3720, appendix B.4, and the usual check value."""
        read = bytes.fromhex("01c00000000000000000000000000000140000000000040000000014000000182800000000000000"
                             "0200000000000000")
        for data, crc in ((bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E),
                          (bytes(range(31, -1, -1)), 0x113FDB5C), (read, 0xD9963A56), (b"123456789", 0xE3069283)):
            self.assertEqual(clew.crc32c(data), crc)
            self.assertEqual(clew.crc32c(data[5:], clew.crc32c(data[:5])), crc)

    def test_merkle_proofs_against_the_recursion(self):
        leaves = [sha(bytes([i])) for i in range(70)]
        roots = [tree(leaves[:n]) for n in range(71)]
        self.assertEqual(clew.merkle_roots(leaves, set(range(71))), dict(enumerate(roots)))
        for n in range(1, 71):
            for m in range(n):
                nodes = path(m, leaves[:n])
                self.assertTrue(clew.included(m, n, leaves[m], nodes, roots[n]))
                self.assertFalse(clew.included(m, n, leaves[m], nodes + [leaves[0]], roots[n]))
                self.assertFalse(clew.included(m, n, leaves[m], nodes[:-1], roots[n]) if nodes else False)
                self.assertFalse(clew.included((m + 1) % n, n, leaves[m], nodes, roots[n]) if n > 1 else False)
                self.assertFalse(clew.included(m + n, n, leaves[m], nodes, roots[n]))
            for m in range(1, n + 1):
                nodes = growth(m, leaves[:n])
                self.assertTrue(clew.consistent(m, n, nodes, roots[m], roots[n]))
                self.assertFalse(clew.consistent(m, n, nodes + [leaves[0]], roots[m], roots[n]))
                self.assertFalse(clew.consistent(m, n, nodes, roots[m - 1], roots[n]))
                self.assertFalse(clew.consistent(m, n, nodes, roots[m], roots[n - 1]))
                self.assertFalse(clew.consistent(m, n, nodes[:-1], roots[m], roots[n]) if nodes else False)
            self.assertFalse(clew.consistent(n, n - 1, [], roots[n], roots[n - 1]))
            self.assertTrue(clew.consistent(0, n, [], roots[0], roots[n]))
            self.assertFalse(clew.consistent(0, n, [leaves[0]], roots[0], roots[n]))

class Texts(unittest.TestCase):
    def test_proofs(self):
        for size in range(1, 8):
            for position in range(1, size + 1):
                for content in (True, False):
                    lines = dict(check(event_proof(position, size, content)))
                    self.assertEqual(lines["position"], position)
                    self.assertEqual("data" in lines, content)
            for first in range(size + 1):
                self.assertEqual(check(growth_proof(first, size))[0][0], "valid")

    def test_what_does_not_hold(self):
        huge = event_proof(3, 7).replace("index 2", "index " + "9" * 5000)
        for text in ("", "\n", "x\n", event_proof(3, 7) + "\n", event_proof(3, 7) + "x", huge,
                     event_proof(3, 7).replace("\n", "\r\n"), "\ufeff" + event_proof(3, 7),
                     event_proof(3, 7, signed=seal(7, NEW)), event_proof(3, 7, signed=rotation(7)),
                     growth_proof(5, 7, older=seal(7), newer=seal(5)), growth_proof(5, 7, older=seal(4)),
                     growth_proof(5, 7, newer=seal(7, NEW))):
            with self.assertRaises(clew.NotValid):
                check(text)
        self.assertTrue(check(growth_proof(5, 7, newer=seal(7, NEW)), OLD, NEW))

    def test_another_seal_is_refused(self):
        def lead_to(text, size):
            return clew.check_proof(text.encode(), trust(), seal_text(size).encode())
        self.assertTrue(lead_to(event_proof(3, 7), 7) and lead_to(growth_proof(5, 7), 5))
        for text, size in ((event_proof(3, 7), 6), (growth_proof(5, 7), 6)):
            with self.assertRaises(clew.NotValid):
                lead_to(text, size)

    def test_signatures(self):
        signed, other = seal(7, WITNESS, OLD, more="further\n"), seal(7, WITNESS)
        self.assertTrue(clew.check_seal(signed.encode(), trust()))
        spoilt = seal(7) + OLD.line("another text\n")
        for text in (other, spoilt, seal_text(7), seal_text(7) + "\n", seal(0, root=bytes(32))):
            with self.assertRaises(clew.NotValid):
                clew.check_seal(text.encode(), trust())

    def test_rotation(self):
        def seals(*notes):
            return clew.check_seal("".join(note + "\n" for note in notes).encode(), trust())
        self.assertTrue(seals(seal(4), seal(5), rotation(5), seal(5, NEW), seal(7, NEW)))
        self.assertTrue(seals(seal(4), seal(5), rotation(5), seal(7, NEW), seal(4, WITNESS)), "a countersignature")
        self.assertIn("passed over", dict(clew.check_seal((seal(4) + "\n" + seal(5)[:-9]).encode(), trust())))
        self.assertIn("passed over", dict(clew.check_seal((seal(4) + "\n" + seal(5)[:99]).encode(), trust())))
        for tear in (b"\xe2\x80", bytes(99), seal(5)[:99].encode() + bytes(9), seal(5)[:-9].encode() + bytes(9) + b"\n\n"):
            found = clew.check_seal((seal(4) + "\n").encode() + tear, trust())
            self.assertEqual(dict(found)["passed over"], f"{len(tear)} bytes at the end, torn off by a crash")
        other = seal(9, root=bytes(32), origin=ORIGIN[:-1] + "2")
        self.assertTrue(seals(seal(5), rotation(5), seal(7, NEW), other), "a rotation counts for its origin alone")
        third = Signer(ORIGIN, b"4" * 32)
        for notes in ((seal(5), seal(7, NEW)),                                 # no rotation
                      (rotation(5), seal(7)), (rotation(5), seal(4, NEW)),      # a key out of its range
                      (rotation(5, signers=(OLD,)), seal(7, NEW)),              # one key did not sign
                      (rotation(5, signers=(NEW,)), seal(7, NEW)),
                      (rotation(5), rotation(5, OLD, third, (OLD, third))),     # the old key rotates again
                      (rotation(7, NEW, third, (NEW, third)), rotation(5), seal(7, third)),  # not in this order
                      (seal(5), seal(5, root=bytes(32))), ()):                  # a fork; nothing
            with self.assertRaises(clew.NotValid):
                seals(*notes)

    @mock.patch("ed25519.verify", functools.lru_cache(maxsize=None)(ed25519.verify))  # most signatures stay as they are
    def test_single_character_changes(self):
        """Whatever is done to one character: it does not hold, or it holds with the very same meaning."""
        proofs = [event_proof(3, 7), event_proof(2, 5, content=False), growth_proof(3, 5)]
        def prove(text):
            return clew.check_proof(text.encode(), trust())
        def seals(text):
            return clew.check_seal(text.encode(), trust())
        samples = [(text, prove) for text in proofs] + [
            (seal(7, OLD, WITNESS, more="more\n"), seals), (rotation(5), seals),
            (seal(5) + "\n" + rotation(5) + "\n" + seal(7, NEW) + "\n", seals)]
        for text, check_it in samples:
            meaning = check_it(text)
            for at in range(len(text)):
                old = text[at]
                near = {chr(ord(old) ^ 1), chr(ord(old) ^ 32), old.swapcase()} if old != "\n" else {"\r"}
                for new in (near | {"", "\n", "0", "=", " ", old + old, old + "\n"}) - {old}:
                    try:
                        found = check_it(text[:at] + new + text[at + 1:])
                    except clew.NotValid:
                        continue
                    if found[-1][0] == "passed over":  # the end counts as torn off, and the answer says so
                        found, meaning_here = found[1:-1], meaning[1:len(found) - 1]
                    else:
                        meaning_here = meaning
                    self.assertEqual(found, meaning_here, f"changed at {at} to {new!r}:\n{text}")

# ---- A store of 7 events: three groups in two segments; event 4 is erased -------------------------

def u32(number):
    return struct.pack("<I", number)

def record(position, seed, erased=False):
    e, content = ENVELOPES[position - 1], b"".join(CONTENTS[position - 1])
    payload = (DIGESTS[position - 1] if erased else content).ljust(max(32, len(content)), b"\0")
    crc = clew.crc32c(e[56:72] + u32(erased) + payload)
    whole = u32(clew.crc32c(e, seed)) + u32(crc) + u32(erased) + e + payload
    return whole + bytes(-len(whole) % 8)

def group(number, positions, seed, chain, erased=()):
    records = [record(p, seed, p in erased) for p in positions]
    body = b"".join(records)
    rest = (struct.pack("<IIQQ", 96 + len(body), len(records), number, positions[0]) +
            u32(clew.crc32c(b"".join(r[:4] for r in records), seed)) + bytes(12) + LOG_ID + chain)
    header = b"CLWG" + u32(clew.crc32c(rest, seed)) + rest
    return header + body, sha(header)

def segment(number, position, first_group, chain, groups, size=16384):
    nonce = bytes([number]) * 16
    header = struct.pack("<8sII16sQQ32s16sq", b"CLEWSEG1", number, size, LOG_ID, position, first_group, chain, nonce, 9)
    content, seed = (header + u32(clew.crc32c(header))).ljust(4096, b"\0"), clew.crc32c(LOG_ID + u32(number) + nonce)
    for positions in groups:
        more, chain = group(first_group, positions, seed, chain, erased=(4,))
        content, first_group = content + more, first_group + 1
    return content.ljust(size, b"\0"), chain, len(content)

def head(last_group, position, chain, write=5, segment=1, flags=0, epoch=1):
    rest = struct.pack("<I16sIIIIQQqQ32s16s", flags, LOG_ID, epoch, segment, 4096, 0, last_group, position, position, write,
                       chain, b"")
    return (b"CLEWHEAD" + u32(clew.crc32c(rest)) + rest).ljust(4096, b"\0")

def journal(record_id, *positions):
    events = b"".join(struct.pack("<Q", position) + DIGESTS[position - 1] for position in positions)
    rest = u32(len(positions)) + LOG_ID + bytes([record_id]) * 16 + events
    return b"CLEWERA1" + u32(clew.crc32c(rest)) + rest

class Stores(unittest.TestCase):
    def setUp(self):
        first, chain, self.end1 = segment(1, 1, 1, bytes(32), [(1, 2, 3), (4, 5)])
        second, last, self.end2 = segment(2, 6, 3, chain, [(6, 7)])
        store = struct.pack("<8sII16s16sqI", b"CLEWLOG1", 1, 1, LOG_ID, bytes(16), 3, 0)
        self.first, self.second = "00000001-00000000000000000001.seg", "00000002-00000000000000000006.seg"
        self.files = {"STORE": store + u32(clew.crc32c(store)), self.first: first, self.second: second,
                      "HEAD": head(2, 5, chain, 4) + bytes(4096) + head(3, 7, last, segment=2),
                      "SEALS": (seal(5) + "\n" + rotation(5) + "\n" + seal(7, NEW) + "\n").encode()}

    def log(self, key=False, **changed):
        files = {**self.files, **{name.replace("first", self.first).replace("second", self.second): data
                                  for name, data in changed.items()}}
        with tempfile.TemporaryDirectory() as folder:
            for name, data in files.items():
                if data is not None:
                    with open(os.path.join(folder, name), "wb") as file:
                        file.write(data)
            return dict(clew.check_log(folder, trust() if key else None))

    def test_whole_store(self):
        lines = self.log(key=True)
        self.assertEqual(lines["events"], "7, of which 1 are erased")
        self.assertIn(tree(LEAVES).hex(), lines["root"])
        self.assertNotIn("beware", lines)

    def test_an_archived_segment_is_asked_for(self):
        with self.assertRaisesRegex(clew.Unreadable, "1 segments are in an archive.*zstd -d"):
            self.log(first=None, **{self.first[:-4] + ".stub": bytes(8192)})
        self.assertIn(tree(LEAVES).hex(), self.log(**{self.first[:-4] + ".stub": bytes(8192)})["root"])

    def test_every_damaged_byte_is_seen(self):
        for name, end in (("first", self.end1), ("second", self.end2), ("STORE", 64)):
            data = self.files[name.replace("first", self.first).replace("second", self.second)]
            for at in [*range(110), *range(110, 4096, 97), *range(4096, self.end1)]:
                if at < end:
                    changed = data[:at] + bytes([data[at] ^ 16]) + data[at + 1:]
                    with self.assertRaises((clew.NotValid, clew.Unreadable), msg=f"{name} at {at}"):
                        self.log(**{name: changed})

    def test_where_a_log_ends(self):
        second = self.files[self.second]
        with self.assertRaises(clew.NotValid):
            self.log(second=second[:4096].ljust(16384, b"\0"))          # HEAD names the group
        older = self.files["HEAD"][:4096]
        torn = second[:self.end2 - 8].ljust(16384, b"\0")
        self.assertIn("torn tail", self.log(HEAD=older, second=torn))
        self.assertNotIn("torn tail", self.log(HEAD=older, second=second[:4096].ljust(16384, b"\0")))
        self.assertIn("beware", self.log(HEAD=older))                    # a whole group that HEAD does not name
        self.assertIn("beware", self.log(HEAD=older + head(3, 7, bytes(32), 9, flags=2)))   # an unsound slot
        behind, _, end = segment(1, 1, 1, bytes(32), [(1, 2, 3), (4, 5), (6, 7)])
        first, _, place = segment(1, 1, 1, bytes(32), [(1, 2, 3), (4, 5)])
        self.assertIn("events", self.log(first=behind))                  # never answered: a next segment began before
        alone = {"second": None, "SEALS": None, "HEAD": older}
        self.assertEqual(self.log(first=behind, **alone)["events"][0], "7")
        self.assertEqual(self.log(first=first, **alone)["events"][0], "5")
        broken = behind[:4200] + b"\xff" + behind[4201:]
        for changed in ({**alone, "first": broken, "HEAD": head(0, 0, bytes(32))},    # sound headers lie behind
                        {"second": None}, {"first": None}, {"HEAD": None, "second": torn},
                        {"HEAD": head(3, 7, bytes(32))}, {"HEAD": None},
                        {"HEAD": older + head(0, 0, bytes(32), 9, epoch=2)},          # the highest mark is another log's
                        {"HEAD": head(2, 5, older[80:112], segment=3)}):
            with self.assertRaises(clew.NotValid):
                self.log(**changed)

    def test_seals_are_compared(self):
        before = seal(9, root=bytes(32), origin=ORIGIN[:-1] + "2").encode() + b"\n"
        self.assertIn("passed over", self.log(key=True, SEALS=before + self.files["SEALS"]))
        for text in (seal(6, root=bytes(32)), seal(7, root=tree(LEAVES[:6])), seal(8, root=bytes(32))):
            with self.assertRaises(clew.NotValid):
                self.log(key=True, SEALS=(text + "\n").encode())

    def test_an_erasure_that_was_cut_short_is_finished(self):
        seed = clew.crc32c(LOG_ID + u32(1) + b"\1" * 16)
        whole, erased, root = record(2, seed), record(2, seed, erased=True), tree(LEAVES).hex()
        names_2, names_both = journal(7, 2), journal(7, 2, 4)
        def torn(middle, **files):
            return self.log(first=self.files[self.first].replace(whole, middle), **files)
        for cut in range(0, len(whole) + 1, 3):
            for middle in (erased[:cut] + whole[cut:], whole[:cut] + erased[cut:]):
                for name in (names_2, names_both):
                    lines = torn(middle, ERASING=name)
                    self.assertIn(root, lines["root"])
                    self.assertEqual(lines["events"], f"7, of which {1 if middle == whole else 2} are erased")
                    self.assertIn("erasing", lines)
        half = erased[:60] + whole[60:]
        foreign = names_2[:16] + bytes(16) + names_2[32:]
        for name in (None, b"", names_2[:-1], names_2[:-1] + b"x", foreign[:8] + u32(clew.crc32c(foreign[12:])) + foreign[12:],
                     journal(7, 3), journal(9, 2), journal(1, 2), journal(2, 2), journal(7, 2, 2), journal(7)):
            with self.assertRaises(clew.NotValid, msg=name):
                torn(half, ERASING=name)
        self.assertIn("erasing", torn(whole, ERASING=journal(9, 2)))     # not begun
        with self.assertRaises(clew.NotValid):
            torn(whole, ERASING=journal(9, 4))                           # begun, and its record is gone
        changed = bytearray(half)
        changed[30] ^= 1                                                 # the envelope is never overwritten
        with self.assertRaises(clew.NotValid):
            torn(bytes(changed), ERASING=names_2)

class Events(unittest.TestCase):
    def test_an_envelope_is_as_its_table_says(self):
        self.assertEqual(clew.parse_envelope(ENVELOPES[1]).position, 2)
        def lied(at, value):
            return ENVELOPES[0][:at] + value + ENVELOPES[0][at + len(value):]
        for bytes_ in (lied(4, b"\2"), lied(5, b"\x0f"), lied(6, bytes(2)), lied(8, b"\1"), lied(10, bytes(2)),
                       lied(10, b"\1\x40"), lied(28, b"\1"), lied(32, bytes(8)), lied(40, bytes(8)), lied(55, b"\x7f"),
                       lied(56, bytes(16)), lied(112, b"\xff"), envelope(1, b"", stream=""), envelope(1, b"", stream="s" * 513),
                       *(envelope(1, b"", tags=(tag,)) for tag in ("", ":", ":v", "k:", "no colon", "k:" + "v" * 511)),
                       envelope(1, b"", tags=tuple(f"k:{i}" for i in range(257)))):
            with self.assertRaises(ValueError, msg=bytes_):
                clew.parse_envelope(bytes_)

class CommandLine(unittest.TestCase):
    def run_it(self, *arguments):
        with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())), \
                contextlib.redirect_stderr(io.TextIOWrapper(io.BytesIO())):
            return clew.main(list(arguments))

    def test_exit_codes(self):
        with tempfile.TemporaryDirectory() as folder:
            proof = os.path.join(folder, "proof")
            with open(proof, "w", encoding="utf-8", newline="") as file:
                file.write(event_proof(3, 7))
            self.assertEqual(self.run_it("proof", proof, "--key", OLD.text), 0)
            self.assertEqual(self.run_it("proof", proof, "--key", NEW.text), 1)
            self.assertEqual(self.run_it("seal", proof, "--key", OLD.text), 1)
            for arguments in ((), ("proof", proof), ("proof", proof, "--key", "no key"), ("log", proof), ("what",),
                              ("proof", folder, "--key", OLD.text), ("log", folder),
                              ("seal", "none", "--key", OLD.text)):
                self.assertEqual(self.run_it(*arguments), 2)

    def test_output_cannot_be_feigned(self):
        self.assertEqual(clew.plain("a\nvalid\x1b[2J\u202e"), "a\\nvalid\\x1b[2J\\u202e")

if __name__ == "__main__":
    unittest.main()
