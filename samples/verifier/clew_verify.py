#!/usr/bin/env python3
"""Checks seals, proofs and stores of Clew without any of Clew's code.

It follows the page "The bytes on the disk, format 1" (format.md; "the page" below) and the public
specifications that the page names. Standard library only; ed25519.py lies beside this file.
Exit codes: 0 valid, 1 not valid, 2 bad usage or input that cannot be read.
"""
import argparse
import base64
import hashlib
import os
import re
import struct
import sys
import uuid
from collections import namedtuple
from datetime import datetime, timedelta, timezone

import ed25519

ROTATION, EVENT_PROOF, GROWTH_PROOF = "clew/key-rotation/v1", "c2sp.org/tlog-proof@v1", "clew/consistency-proof/v1"
TEXT_LIMIT = 64 * 1024 * 1024  # no seal or proof is larger; an endless file must not fill the memory
NOTE_LIMIT, MAX_SIGNATURES = 1024 * 1024, 64
RECORD_LIMIT = 8 * 1024 * 1024
TIMES = range(-62_135_596_800_000_000, 253_402_300_800_000_000)  # the years 1 to 9999

class NotValid(Exception):
    """It can be read, but does not hold. The message is one sentence."""

class Unreadable(Exception):
    """There is nothing to check. The message is one sentence."""

class Unsound(Exception):
    """No sound group is here. Whether the log ends here or is damaged is for the caller to say."""

class HalfErased(Unsound):
    """A payload is not sound, but its envelope is: if ERASING names the event, it is being overwritten."""

def plain(text):
    """Text that others wrote, made unable to move the cursor or to feign a line of this output."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))

# ---- Checksums: CRC-32C, RFC 3720, appendix B.4 ---------------------------------------------------

def crc_table():
    """The checksum of each single byte, for the reflected polynomial."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table

CRC_TABLE = crc_table()

def crc32c(data, seed=0):
    """The CRC of data whose checksum is the seed, followed by these bytes (the page, introduction)."""
    table, crc = CRC_TABLE, seed ^ 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF

# ---- The Merkle tree: the page, "The Merkle tree"; RFC 9162, section 2.1 --------------------------

def sha256(data):
    return hashlib.sha256(data).digest()

def leaf_hash(envelope, payload_digest):
    return sha256(b"\x00" + envelope + payload_digest)

def node_hash(left, right):
    return sha256(b"\x01" + left + right)

def merkle_roots(leaves, sizes):
    """For each size n its root over the first n leaves (RFC 9162, section 2.1.1), all in one pass.

    The leaves so far make perfect trees, the largest first, as the bits of n say. `tops` are their roots.
    """
    roots, tops = {0: sha256(b"")}, []
    for n, node in enumerate(leaves, 1):
        bits = n
        while not bits & 1:
            node, bits = node_hash(tops.pop(), node), bits >> 1
        tops.append(node)
        if n in sizes:
            roots[n] = tops[-1]
            for top in reversed(tops[:-1]):
                roots[n] = node_hash(top, roots[n])
    return roots

def included(index, size, leaf, path, root):
    """Whether the path leads from the leaf to the root: RFC 9162, section 2.1.3.2."""
    fn, sn, r = index, size - 1, leaf
    if index >= size:
        return False
    for node in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(node, r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, node)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root

def consistent(first, second, path, first_root, second_root):
    """Whether the second tree begins with the first: RFC 9162, section 2.1.4.2.

    From 0 events, or between equal sizes, there are no nodes (the page, "Proof that a log only grew").
    """
    if first == 0 or first >= second:
        return not path and (first_root == second_root if first == second else
                             first == 0 and first_root == sha256(b""))
    if not path:
        return False
    if first & first - 1 == 0:
        path = [first_root] + path
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for node in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(node, fr), node_hash(node, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, node)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root

# ---- Text: the page, "Seals and proofs" -----------------------------------------------------------

def read_file(path, limit=-1):
    """The bytes of a file. With a limit, a longer file is refused."""
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1 if limit >= 0 else -1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "that is no file name"
        raise Unreadable(f"{plain(path)} cannot be read: {reason}") from None
    if 0 <= limit < len(data):
        raise Unreadable(f"{plain(path)} is larger than such a file can be")
    return data

def to_blocks(data):
    """The lines between empty lines. Signed-note allows no control character but the line feed."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise NotValid("the text is not UTF-8") from None
    if not text.endswith("\n") or any(c < " " and c != "\n" for c in text):
        raise NotValid("the text has a control character in it or does not end with a line feed")
    blocks = [[]]
    for line in text[:-1].split("\n"):
        if line:
            blocks[-1].append(line)
        else:
            blocks.append([])
    return blocks

def from_base64(text, what, size=None):
    """RFC 4648, section 4. Encoding it again shows whether this is its one spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = None
    if raw is None or base64.b64encode(raw).decode() != text or size not in (None, len(raw)):
        raise NotValid(f"{what} is not {size or 'some'} bytes in base64")
    return raw

def to_number(text, what):
    """Decimal, without leading zeros, and below 2^63."""
    if not re.fullmatch("0|[1-9][0-9]{0,18}", text) or int(text) >= 2**63:
        raise NotValid(f"{what} is not a decimal number")
    return int(text)

def is_name(text):
    """Signed-note: a key's name is not empty and has neither Unicode spaces nor a plus sign."""
    return text != "" and "+" not in text and not any(c.isspace() for c in text)

# ---- Keys, seals and rotations: the page, "Seal" to "SEALS"; signed-note; tlog-checkpoint ---------

class Key(namedtuple("Key", "name id public")):
    def __str__(self):
        return plain(f"{self.name}+{self.id.hex()}")

class Note(namedtuple("Note", "text signatures origin size root more rotation")):
    """A seal, or a rotation: then that field holds the old and the new key. `more` are further lines."""
    def __str__(self):
        return ("the rotation at " if self.rotation else "") + f"{self.origin}, {self.size} events"

def parse_key(text):
    """`name+id+key`. Only the first two plus signs divide it: base64 has some, too."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not is_name(parts[0]):
        raise NotValid("a public key is not written as name+id+key")
    raw = from_base64(parts[2], "a public key", 33)
    if raw[0] != 1 or ed25519.decode(raw[1:]) is None:
        raise NotValid("a public key is not one of Ed25519")
    key = Key(parts[0], sha256(parts[0].encode() + b"\n" + raw)[:4], raw[1:])
    if key.id.hex() != parts[1]:
        raise NotValid("a public key's id is not the hash of its name and key")
    return key

def parse_signature(line):
    """Em dash, space, name, space, and the base64 of id and signature."""
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "\u2014" or not is_name(name):
        raise NotValid("a signature line does not begin with an em dash and a name")
    raw = from_base64(encoded, "a signature")
    if len(raw) < 5:
        raise NotValid("a signature line has no signature in it")
    return name, raw[:4], raw[4:]

def parse_note(lines, signature_lines, rotation_allowed=False):
    """A seal or a rotation. Whether a signature is right is not looked at here."""
    if not 1 <= len(signature_lines) <= MAX_SIGNATURES:
        raise NotValid(f"a seal has no signatures or more than {MAX_SIGNATURES}")
    rotation, rest = None, lines
    if rotation_allowed and lines[:1] == [ROTATION] and len(lines) == 6:
        rotation, rest = (parse_key(lines[2]), parse_key(lines[3])), [lines[1]] + lines[4:]
    epoch = re.fullmatch("clew/[0-9a-f]{32}/([1-9][0-9]*)", rest[0]) if len(rest) >= 3 else None
    if not epoch or to_number(epoch[1], "the epoch") >= 2**31:
        raise NotValid("a seal does not begin with the origin of a log, a number of events and a root")
    size, root = to_number(rest[1], "the number of events"), from_base64(rest[2], "the root", 32)
    if size == 0 and root != sha256(b""):
        raise NotValid("a seal of no events has another root than that of the empty tree")
    signatures = tuple(parse_signature(line) for line in signature_lines)
    text = "".join(line + "\n" for line in lines).encode()
    return Note(text, signatures, rest[0], size, root, tuple(rest[3:]), rotation)

def read_notes(data):
    """The notes of a single seal or of a SEALS file, and how many bytes of its end count for nothing.

    In SEALS an empty line follows each note, and a note has one in itself. So every second one ends a note, and
    what follows the last of these was torn off by a crash, as was a last note with zero bytes in it.
    """
    if data.count(b"\n\n") == 1 and not data.endswith(b"\n\n"):
        return [read_note(data)], 0
    notes, at = [], 0
    while True:
        middle = data.find(b"\n\n", at)
        end = data.find(b"\n\n", middle + 2) if middle >= 0 else -1
        if end < 0 or (end + 2 == len(data) and b"\0" in data[at:end]):
            return merge_notes(notes), len(data) - at
        notes.append(read_note(data[at:end + 1]))
        at = end + 2

def read_note(data):
    """One seal or rotation, which has one empty line in it."""
    blocks = to_blocks(data)
    if len(blocks) != 2 or len(data) > NOTE_LIMIT:
        raise NotValid("an empty line is missing or too many, or the note is too large")
    return parse_note(*blocks, rotation_allowed=True)

def merge_notes(notes):
    """A note whose text is there before adds its signatures to that one (the page, "SEALS")."""
    merged = {}
    for note in notes:
        before = merged.get(note.text)
        signatures = tuple(dict.fromkeys((before.signatures if before else ()) + note.signatures))
        if len(signatures) > MAX_SIGNATURES:
            raise NotValid(f"the copies of a seal have more than {MAX_SIGNATURES} signatures")
        merged[note.text] = note._replace(signatures=signatures)
    return list(merged.values())

def read_seals(paths):
    """The notes of some files with seals."""
    notes = []
    for path in paths:
        data = read_file(path, TEXT_LIMIT)
        try:
            notes += read_notes(data)[0]
        except NotValid as error:
            raise NotValid(f"{path} does not hold seals: {error}") from None
    return merge_notes(notes)

def signed_by(note, key):
    """Whether the key signed the note. A line with its name and id that is wrong spoils the note."""
    own = {signature for name, key_id, signature in note.signatures if (name, key_id) == (key.name, key.id)}
    if not all(ed25519.verify(key.public, note.text, signature) for signature in own):
        raise NotValid(f"{note}: the signature of {key} is wrong")
    return bool(own)

class Trust:
    """The trusted keys, each for seals from a first to a last size (the page, "Key rotation")."""
    WITHOUT_END = 2**64

    def __init__(self, keys):
        self.keys = {key: (0, self.WITHOUT_END) for key in keys}
        self.roots = {}

    def rotate(self, note):
        """Trusts the new key of a rotation if the old one is trusted. Returns the old key, or None."""
        old, new = note.rotation
        if old not in self.keys:
            return None
        first, last = self.keys[old]
        if last != self.WITHOUT_END or note.size < first:  # else who stole the old key could name a next one
            raise NotValid(f"{note}: the old key is not trusted for it")
        if old == new or not signed_by(note, old) or not signed_by(note, new):
            raise NotValid(f"{note}: it is not signed by both keys")
        self.keys[old] = first, note.size
        self.keys.setdefault(new, (note.size, self.WITHOUT_END))
        return old

    def signer(self, note):
        """The key that vouches for a seal, or None."""
        signers = [key for key in self.keys if signed_by(note, key)]
        for key in signers:
            if self.keys[key][0] <= note.size <= self.keys[key][1]:
                return key
        if signers:
            raise NotValid(f"{note}: a rotation ended what {signers[0]} may sign, or did not begin it yet")
        return None

    def check(self, note, required=True):
        """The key that vouches for a seal or rotation. Two roots of one size contradict each other."""
        key = self.rotate(note) if note.rotation else self.signer(note)
        if required and key is None:
            raise NotValid(f"{note}: it bears no signature of a trusted key")
        if key and self.roots.setdefault((note.origin, note.size), note.root) != note.root:
            raise NotValid(f"{note}: another root of this size was signed, too")
        return key

def vouchers(notes, trust, required):
    """Who vouches for each note. Rotations go first, in their order, and count for their origin: they say what a key
    may sign there."""
    trusts = {note.origin: Trust(trust.keys) for note in notes}
    ordered = sorted(notes, key=lambda note: note.rotation is None)
    found = {note.text: trusts[note.origin].check(note, note in required) for note in ordered}
    return [found[note.text] for note in notes]

def describe_note(note, key, label):
    lines = [(label, f"{note}, root {note.root.hex()}"), ("signed by", key or "not checked, no key was given")]
    if key and key.name != note.origin:
        lines.append(("beware", "the key's name is not the seal's origin: this is another's signature"))
    if note.rotation:
        lines.append(("new key", note.rotation[1]))
    return lines + [("further line", line) for line in note.more]

def check_seal(data, trust):
    """Checks one seal or a SEALS file. Returns the lines to print."""
    notes, torn = read_notes(data)
    if not notes:
        raise NotValid("there is no whole seal in it")
    lines = [("valid", f"{len(notes)} note(s) with a trusted signature")]
    for note, key in zip(notes, vouchers(notes, trust, notes)):
        lines += describe_note(note, key, "rotation" if note.rotation else "seal")
    return lines + ([("passed over", f"{torn} bytes at the end, torn off by a crash")] if torn else [])

# ---- Events: the page, "Records" ------------------------------------------------------------------

ENVELOPE = struct.Struct("<IBBHHHIIHHHHIqqq16s")
Event = namedtuple("Event", "schema index count data_size metadata_size position version recorded id "
                            "occurred correlation causation stream type content_type tags")

def parse_envelope(envelope):
    """The event of an envelope. Raises ValueError where the bytes are not exactly one."""
    if len(envelope) < ENVELOPE.size:
        raise ValueError("the envelope is too short")
    (size, kind, flags, schema, index, count, data_size, metadata_size, stream_size, type_size, content_type_size,
     tag_count, zero, position, version, recorded, event_id) = ENVELOPE.unpack_from(envelope)
    if kind != 1 or flags > 7 or zero != 0:
        raise ValueError("the envelope's version, flags or zeros are not those of format 1")
    if not (size == len(envelope) and schema >= 1 and index < count <= 16384 and 1 <= stream_size <= 512 and
            1 <= type_size <= 512 and content_type_size <= 255 and tag_count <= 256 and
            position >= 1 and version >= 1 and recorded in TIMES and any(event_id)):
        raise ValueError("a number in the envelope is out of its range")
    at = ENVELOPE.size
    def take(length):
        nonlocal at
        at += length
        return envelope[at - length:at]
    occurred = int.from_bytes(take(8), "little", signed=True) if flags & 1 else None
    correlation, causation = (take(16) if flags & flag else None for flag in (2, 4))
    stream, event_type, content_type = (take(n).decode() for n in (stream_size, type_size, content_type_size))
    tags = tuple(take(int.from_bytes(take(2), "little")).decode() for _ in range(tag_count))
    if at != len(envelope):  # also where something was taken from behind its end
        raise ValueError("the parts of the envelope are not as long as it is")
    if not all(is_tag(tag) for tag in tags) or (occurred is not None and occurred not in TIMES):
        raise ValueError("a tag or a time in the envelope is none")
    if record_size(size, data_size, metadata_size) > RECORD_LIMIT:
        raise ValueError("the event is larger than one can be")
    return Event(schema, index, count, data_size, metadata_size, position, version, recorded, event_id, occurred,
                 correlation, causation, stream, event_type, content_type or "application/json", tags)

def is_tag(tag):
    key, _, value = tag.partition(":")
    return bool(key and value) and len(tag.encode()) <= 512

def record_size(envelope, data, metadata):
    return 12 + envelope + max(32, 16 + data + metadata) + 7 & -8

def as_time(microseconds):
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=microseconds)).isoformat()

def as_text(data):
    try:
        return plain(data.decode()) or "none"
    except UnicodeDecodeError:
        return f"{len(data)} bytes that are not UTF-8: {data.hex()}"

def describe_event(event, content):
    """The lines that say what an event is. Content is (data, metadata), or None where it is withheld."""
    lines = [("position", event.position), ("stream", f"{event.stream} (version {event.version})"),
             ("type", f"{event.type} (schema version {event.schema})"), ("recorded at", as_time(event.recorded)),
             ("in its batch", f"{event.index + 1} of {event.count}"), ("event id", uuid.UUID(bytes=event.id)),
             ("content type", event.content_type)] + [("tag", tag) for tag in event.tags]
    if event.occurred is not None:
        lines.append(("occurred at", as_time(event.occurred)))
    for label, value in (("correlation id", event.correlation), ("causation id", event.causation)):
        lines += [(label, uuid.UUID(bytes=value))] if value is not None else []
    if content is None:
        return lines + [("content", f"withheld or erased: {event.data_size} bytes of data and {event.metadata_size} "
                                    "of metadata, of which the proof holds only the digest")]
    return lines + [("data", as_text(content[0])), ("metadata", as_text(content[1]))]

# ---- Proofs: the page, "Proof of an event" and "Proof that a log only grew" -----------------------

def check_event_proof(blocks, trust, seal_text):
    """Compares the event with the seal's root, and only then asks who signed the seal."""
    lines = blocks[0]
    if len(blocks) != 3 or len(lines) < 3 or lines[1][:6] != "extra " or lines[2][:6] != "index ":
        raise NotValid("the proof is not lines `extra` and `index`, nodes, an empty line and a seal")
    extra, index = from_base64(lines[1][6:], "the event"), to_number(lines[2][6:], "the index")
    path, seal = [from_base64(line, "a node", 32) for line in lines[3:]], parse_note(blocks[1], blocks[2])
    size = int.from_bytes(extra[1:5], "little")
    envelope, rest = extra[5:5 + size], extra[5 + size:]
    try:
        event = parse_envelope(envelope)
    except ValueError as error:
        raise NotValid(f"the event in the proof is not one: {error}") from None
    if extra[0] == 1 and len(rest) == 16 + event.data_size + event.metadata_size:
        content, digest = (rest[16:16 + event.data_size], rest[16 + event.data_size:]), sha256(rest)
    elif extra[0] == 2 and len(rest) == 32:
        content, digest = None, rest
    else:
        raise NotValid("the event in the proof has neither its whole content nor a digest of it")
    if event.position != index + 1:
        raise NotValid("the index is not that of the event's position")
    if not included(index, seal.size, leaf_hash(envelope, digest), path, seal.root):
        raise NotValid("the event does not lead to the seal's root")
    if seal_text not in (None, seal.text):
        raise NotValid("the proof leads to another seal than the one that was given")
    key = trust.check(seal)
    return [("valid", "the log holds this event")] + describe_event(event, content) + describe_note(seal, key, "seal")

def check_growth_proof(blocks, trust, seal_text):
    """Compares the two seals' roots by the nodes between them, and only then asks who signed them."""
    if len(blocks) != 5:
        raise NotValid("the proof is not nodes, an older seal and a newer seal with empty lines between them")
    path = [from_base64(line, "a node", 32) for line in blocks[0][1:]]
    older, newer = parse_note(blocks[1], blocks[2]), parse_note(blocks[3], blocks[4])
    if older.origin != newer.origin:
        raise NotValid("the two seals are of different logs")
    if not consistent(older.size, newer.size, path, older.root, newer.root):
        raise NotValid("the log of the newer seal does not begin with the events of the older one")
    if seal_text not in (None, older.text, newer.text):
        raise NotValid("neither seal of the proof is the one that was given")
    return ([("valid", f"the log only grew, from {older.size} events to {newer.size}")] +
            describe_note(older, trust.check(older), "older seal") +
            describe_note(newer, trust.check(newer), "newer seal"))

def check_proof(data, trust, seal_text=None):
    """Checks a proof of either kind, known by its first line. Returns the lines to print."""
    blocks = to_blocks(data)
    if blocks[0][:1] == [EVENT_PROOF]:
        return check_event_proof(blocks, trust, seal_text)
    if blocks[0][:1] == [GROWTH_PROOF]:
        return check_growth_proof(blocks, trust, seal_text)
    raise NotValid("the first line is not that of a proof")

# ---- The log: the page, "STORE", "Segments", "Groups", "Where a log ends", "HEAD", "ERASING" ------

SEGMENT = struct.Struct("<8sII16sQQ32s16sqI")
GROUP = struct.Struct("<4sIIIQQI12s16s32s")
HEAD = struct.Struct("<I20sii4sqqqq32s16s")
Mark = namedtuple("Mark", "write owner segment group position recorded chain")
Journal = namedtuple("Journal", "record digests")
NO_JOURNAL = Journal(None, {})

class Log:
    """What was read so far, and with it what has to come next."""

    def __init__(self, log_id):
        self.id, self.group, self.position, self.chain = log_id, 1, 1, bytes(32)
        self.recorded, self.versions, self.leaves, self.segments = -2**63, {}, [], 0
        self.erased, self.finished, self.ids = set(), 0, {}

    def add(self, header, records):
        """Takes in a sound group. Batches, times and stream versions have to go on without gaps, too."""
        index, batch = 0, None
        for event, leaf, state, finished in records:
            if event.index != index or (index and batch != (event.count, event.recorded)):
                raise NotValid(f"the batch is broken at position {event.position}")
            if event.recorded < self.recorded:
                raise NotValid(f"the recorded time goes back at position {event.position}")
            if event.version != self.versions.get(event.stream, 0) + 1:
                raise NotValid(f"the stream's version is not the next one at position {event.position}")
            index, batch = (index + 1) % event.count, (event.count, event.recorded)
            self.recorded, self.versions[event.stream] = event.recorded, event.version
            self.leaves.append(leaf)
            self.ids[event.id] = event.position
            self.finished += finished
            if state:
                self.erased.add(event.position)
        if index:
            raise NotValid(f"the batch at position {self.position + len(records) - 1} does not end in its group")
        self.group, self.position, self.chain = self.group + 1, self.position + len(records), sha256(header)

def read_store(folder):
    """The log's id and epoch (the page, "STORE")."""
    data = read_file(os.path.join(folder, "STORE"), 4096)
    if len(data) != 64 or data[:8] != b"CLEWLOG1" or any(data[56:60]) or data[60:] != to_u32(crc32c(data[:60])):
        raise NotValid("STORE is damaged")
    if data[8:12] != to_u32(1):
        raise Unreadable("STORE is of a version of the format that is not known here")
    return data[16:32], int.from_bytes(data[12:16], "little")

def to_u32(number):
    return number.to_bytes(4, "little")

def read_head(folder, log_id, epoch):
    """The sound mark with the highest write number, or None where it is not of this log (the page, "HEAD")."""
    path = os.path.join(folder, "HEAD")
    data, marks = read_file(path, 1 << 20) if os.path.lexists(path) else b"", []
    for at in (0, 4096, 8192):
        slot = data[at:at + 128]
        if len(slot) < 128 or slot[:8] != b"CLEWHEAD" or slot[8:12] != to_u32(crc32c(slot[12:])):
            continue
        flags, owner, segment, offset, zero, group, position, recorded, write, chain, more = HEAD.unpack_from(slot, 12)
        if (flags <= 1 and segment >= 1 and offset >= 4096 and group >= 0 and position >= 0 and recorded in TIMES and
                not any(zero + more)):
            marks.append(Mark(write, owner, segment, group, position, recorded, chain))
    mark = max(marks, key=lambda mark: mark.write, default=None)
    return mark if mark and mark.owner == log_id + to_u32(epoch) else None

def read_journal(folder, log_id):
    """Which events are being overwritten (the page, "ERASING"): none where it is missing, damaged, or of another log."""
    path = os.path.join(folder, "ERASING")
    data = read_file(path, 1 << 20) if os.path.lexists(path) else b""
    count = int.from_bytes(data[12:16], "little")
    if (data[:8] != b"CLEWERA1" or data[8:12] != to_u32(crc32c(data[12:])) or not 1 <= count <= 1000 or
            len(data) != 48 + 40 * count or data[16:32] != log_id):
        return NO_JOURNAL
    events = [(int.from_bytes(data[at:at + 8], "little"), data[at + 8:at + 40]) for at in range(48, len(data), 40)]
    if any(position <= before for (before, _), (position, _) in zip([(0, b"")] + events, events)):
        return NO_JOURNAL
    return Journal(data[32:48], dict(events))

def check_erasure(journal, log):
    """Nothing is overwritten before the event that records it: where that is missing, the log has lost its end."""
    if log.ids.get(journal.record, 0) > max(journal.digests):
        return
    for position in journal.digests:
        if position in log.erased or position >= log.position:
            raise NotValid(f"the erasure of event {position} had begun, and the event that records it is not in the "
                           "log: events are missing at its end")

def segment_files(folder):
    """The segment files by their number. Their names say it, and their first position."""
    try:
        names = os.listdir(folder)
    except OSError as error:
        raise Unreadable(f"{plain(folder)} cannot be read: {error.strerror}") from None
    found = [re.fullmatch(r"([0-9]{8})-([0-9]{20})\.seg", name) for name in names]
    stubs = [name for name in names if re.fullmatch(r"[0-9]{8}-[0-9]{20}\.stub", name) and name[:-5] + ".seg" not in names]
    if stubs:
        raise Unreadable(f"{len(stubs)} segments are in an archive: copy the folder, and unpack them into the copy (zstd -d "
                         f"{stubs[0][:-5]}.seg.zst -o COPY/{stubs[0][:-5]}.seg)")
    files = {int(match[1]): match[0] for match in found if match}
    if len(files) != sum(1 for match in found if match):
        raise NotValid("two segment files have one number")
    return files

def segment_place(data, name, log_id):
    """Position, group and chain of a segment's beginning, and its seed; None where its header is unsound."""
    if len(data) < 4096:
        return None
    magic, number, size, owner, position, group, chain, nonce, _, crc = SEGMENT.unpack_from(data)
    if (magic != b"CLEWSEG1" or crc != crc32c(data[:104]) or any(data[108:4096]) or owner != log_id or
            size != len(data) or name != f"{number:08}-{position:020}.seg"):
        return None
    return (position, group, chain), crc32c(log_id + to_u32(number) + nonce)

def read_record(data, at, end, seed, digests):
    """One record: its event, leaf, state, whether it was finished here, and where the next one begins (the page, "Records").

    An event that is half overwritten and has a digest in the journal becomes in memory what it will be.
    """
    if at + 16 > end:
        raise Unsound("a record reaches over the group's end")
    crc, payload_crc, state, size = struct.unpack_from("<IIII", data, at)
    start = at + 12 + size
    envelope = data[at + 12:min(start, end)]
    if crc32c(envelope, seed) != crc:
        raise Unsound("an envelope's checksum is wrong")
    try:
        event = parse_envelope(envelope)
    except ValueError as error:
        raise Unsound(str(error)) from None
    content = 16 + event.data_size + event.metadata_size
    stop = start + max(32, content)
    following = stop + -(stop - at) % 8
    if following > end or any(data[stop:following]):
        raise Unsound("a record's length or zeros are wrong")
    used = start + (32 if state == 1 else content)
    if state > 1 or any(data[used:stop]) or crc32c(event.id + to_u32(state) + data[start:stop]) != payload_crc:
        if event.position not in digests:
            raise HalfErased("a payload's checksum, state or zeros are wrong")
        return event, leaf_hash(envelope, digests[event.position]), 1, 1, following
    digest = data[start:used] if state == 1 else sha256(data[start:used])
    return event, leaf_hash(envelope, digest), state, 0, following

def read_group(data, at, seed, log, digests):
    """The sound group that continues the log here: its header, records and end (the page, "Groups")."""
    header = data[at:at + 96]
    if len(header) < 96 or header[:4] != b"CLWG":
        raise Unsound("no group begins here")
    _, crc, length, count, number, position, records_crc, zero, owner, chain = GROUP.unpack(header)
    if crc32c(header[8:], seed) != crc or any(zero):
        raise Unsound("the group header's checksum or zeros are wrong")
    if (number, position, owner, chain) != (log.group, log.position, log.id, log.chain):
        raise Unsound("the group header does not continue the log")
    end, start, records, firsts = at + length, at + 96, [], bytearray()
    if length % 8 or end > len(data) or count < 1:
        raise Unsound("the group's length is wrong")
    for i in range(count):
        firsts += data[start:start + 4]
        event, leaf, state, finished, start = read_record(data, start, end, seed, digests)
        if event.position != position + i:
            raise Unsound("a record has another position than its place")
        records.append((event, leaf, state, finished))
    if start != end or crc32c(firsts, seed) != records_crc:
        raise Unsound("the group's length or records checksum is wrong")
    return header, records, end

def header_behind(data, at, seed, log):
    """Whether a sound group header lies here or behind, with a higher number than the group that was to begin here."""
    found = data.find(b"CLWG", at)
    while found >= 0:
        header = data[found:found + 96]
        if found % 8 == 0 and len(header) == 96 and header[4:8] == to_u32(crc32c(header[8:], seed)):
            _, _, length, count, number, _, _, zero, owner, _ = GROUP.unpack(header)
            if owner == log.id and number > log.group and count and length > 96 and length % 8 == 0 and not any(zero):
                return True
        found = data.find(b"CLWG", found + 1)
    return False

def read_log(folder):
    """Reads a log to where it ends (the page, "Where a log ends"). Returns it, its origin and remarks."""
    log_id, epoch = read_store(folder)
    mark = read_head(folder, log_id, epoch)  # before the segments: a writer may be at work
    files, log = segment_files(folder), Log(log_id)
    data, at, seed, why = b"", 0, 0, "segment 1 is missing or its header is damaged"
    def load(number):
        content = read_file(os.path.join(folder, files[number])) if number in files else b""
        return content, segment_place(content, files.get(number), log_id)
    coming, place = load(1)
    while True:
        if place and place[0] == (log.position, log.group, log.chain):  # a next segment was begun just here
            data, at, seed, log.segments = coming, 4096, place[1], log.segments + 1
            coming, place = load(log.segments + 1)
            continue
        try:
            if not log.segments:
                break
            try:
                header, records, at = read_group(data, at, seed, log, {})
            except HalfErased:  # the journal, and then once more: where it is gone, the event is overwritten by now
                digests, (data, _) = read_journal(folder, log_id).digests, load(log.segments)
                header, records, at = read_group(data, at, seed, log, digests)
        except Unsound as error:
            why = str(error)
            break
        log.add(header, records)
        if mark and mark.group == log.group - 1 and mark[4:] != (log.position - 1, log.recorded, log.chain):
            raise NotValid(f"HEAD names another group {mark.group} than the log has")
    something = any(data[at:])
    if (len(files) > log.segments or (mark and (mark.group >= log.group or mark.segment > max(1, log.segments))) or
            (something and header_behind(data, at, seed, log))):
        raise NotValid(f"the log is damaged at position {log.position}, at byte {at} of "
                       f"{files.get(log.segments or 1, 'a missing segment')}: {why}, but events followed")
    journal = read_journal(folder, log_id)
    if journal.digests:
        check_erasure(journal, log)
    if mark is None and log.leaves:
        raise NotValid("HEAD has no sound mark of this log, so whether events followed cannot be told")
    remarks = [("torn tail", f"what follows byte {at} of the last segment is no whole group and no event: "
                             f"{why}")] if something else []
    if os.path.lexists(os.path.join(folder, "ERASING")):
        remarks.append(("erasing", f"{len(journal.digests)} events; that is under way, or was cut short, and {log.finished} "
                                   "of them are half overwritten" if journal.digests else "damaged or of another log"))
    if mark and mark.group < log.group - 1:
        remarks.append(("beware", f"HEAD names position {mark.position} as the last one; the later ones are whole"))
    return log, f"clew/{log_id.hex()}/{epoch}", remarks

def check_log(folder, trust=None, given=()):
    """Checks a log, and compares it with seals: those given, and with a key those in its SEALS file, too."""
    path, texts = os.path.join(folder, "SEALS"), {note.text for note in given}
    own = read_seals([path]) if trust and os.path.lexists(path) else []
    notes = [note for note in own if note.text not in texts] + list(given)  # a given one counts as it is
    log, origin, lines = read_log(folder)
    roots = merkle_roots(log.leaves, {len(log.leaves)} | {note.size for note in notes})
    root = roots[len(log.leaves)]
    for note, key in zip(notes, vouchers(notes, trust, given) if trust else [None] * len(notes)):
        if note.origin.rpartition("/")[0] != origin.rpartition("/")[0]:
            raise NotValid(f"{note}: it is not a seal of this log, which is {origin}")
        if note.origin != origin and note not in given:
            lines.append(("passed over", f"{note}: this log is {origin}"))
            continue
        if trust and key is None:
            lines.append(("passed over", f"{note}: no trusted key signed it"))
            continue
        if note.size > len(log.leaves):
            raise NotValid(f"{note}: the log has only {len(log.leaves)} events")
        if roots[note.size] != note.root:
            raise NotValid(f"{note}: the log has another root at this size")
        lines += describe_note(note, key, "same root as")
    return [("valid", origin), ("events", f"{len(log.leaves)}, of which {len(log.erased)} are erased"),
            ("stored in", f"{log.group - 1} groups, {log.segments} segments"),
            ("root", f"{root.hex()} = {base64.b64encode(root).decode()}")] + lines

# ---- Command line ---------------------------------------------------------------------------------

class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Unreadable(message)

def read_key(argument):
    """A file with a public key, or that text itself."""
    try:
        data = read_file(argument, 4096).decode() if os.path.exists(argument) else argument
        return parse_key(data.rstrip("\r\n"))
    except (NotValid, ValueError) as error:
        raise Unreadable(f"--key is neither a file with a public key nor one itself: {error}") from None

def run(arguments):
    """Does what the command line says. Returns the lines to print."""
    parser = Parser(prog="clew_verify.py", description="Checks proofs, seals and stores of Clew.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    for name, what in (("proof", "file"), ("seal", "file"), ("log", "folder")):
        command = commands.add_parser(name)
        command.add_argument("what", metavar=what.upper())
        command.add_argument("--key", metavar="KEYFILE", action="append", required=name != "log",
                             help="a trusted public key, as a file or as text; may be given again")
        if name != "seal":
            command.add_argument("--seal", metavar="SEALFILE", default=[], nargs="+" if name == "log" else 1,
                                 action="extend", help="a seal that the proof has to lead to, or the log to have")
    options = parser.parse_args(arguments)
    trust = Trust([read_key(key) for key in options.key]) if options.key else None
    if options.command == "seal":
        return check_seal(read_file(options.what, TEXT_LIMIT), trust)
    given = read_seals(options.seal)
    if options.command == "log":
        return check_log(options.what, trust, given)
    if options.seal and (len(given) != 1 or given[0].rotation):
        raise NotValid("what was given with --seal is not one seal")
    return check_proof(read_file(options.what, TEXT_LIMIT), trust, given[0].text if given else None)

def main(arguments):
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a character must not end the check
        stream.reconfigure(errors="backslashreplace")
    try:
        for label, value in run(arguments):
            print(f"{label:<14} {plain(value)}")
        return 0
    except NotValid as error:
        print("not valid:", plain(error))
        return 1
    except Unreadable as error:
        print("cannot check:", plain(error), file=sys.stderr)
    except Exception as error:  # an answer that is not 0 even where this program is at fault
        print("cannot check: this program failed with", plain(repr(error)), file=sys.stderr)
    return 2

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
