"""Plain values on one stream socket between a solver and a checker that do not trust each other.

A frame is a length and one value; a value is a tag and its bytes. There is no pickle, no evaluation and
no class name on this line: whatever arrives is built from the tags below, within caps on bytes, members
and depth, or it is a `Malformed` error. What is no plain value stays where it is and is named by a
number, the handle. The same module serves both ends; which numbers and names an end accepts is its own
business (`open_*`).
"""

import os
import struct

FRAME_BYTES = 16 << 20
MEMBERS = 1_000_000
DEPTH = 100
DESCRIPTOR = 3
AHEAD_BYTES = 1 << 14


class Malformed(Exception):
    """Bytes that are no frame of this line."""


class Closed(Exception):
    """The other end is gone."""


class TooLarge(Exception):
    """A value above the caps."""


class CannotCross(Exception):
    """A value that has no form on this line."""


class Writer:
    """Makes bytes of one value. `foreign(value)` gives `(tag, number or name)` for what is not plain."""

    def __init__(self, foreign):
        self.out = bytearray()
        self.foreign = foreign
        self.members = 0
        self.n_rebuilt = 0

    def put(self, value, depth=0):
        kind = type(value)
        write = PLAIN.get(kind)
        if write is None:
            for base in PLAIN:
                if isinstance(value, base) and base is not range:
                    self.n_rebuilt += 1
                    write = PLAIN[base]
                    break
            else:
                tag, name = self.foreign(value)
                self.block(tag, str(name).encode())
                return
        if depth > DEPTH:
            raise TooLarge(f"nested deeper than {DEPTH}")
        self.members += 1
        if self.members > MEMBERS or len(self.out) > FRAME_BYTES:
            raise TooLarge("too many members or bytes")
        write(self, value, depth)

    def block(self, tag, data):
        self.out += tag
        self.out += struct.pack(">I", len(data))
        self.out += data

    def put_int(self, value, _):
        value = int.__add__(value, 0)
        self.block(b"i", value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))

    def put_complex(self, value, _):
        self.out += b"c" + struct.pack(">dd", value.real, value.imag)

    def put_range(self, value, depth):
        self.sequence(b"r", (value.start, value.stop, value.step), depth)

    def sequence(self, tag, members, depth):
        self.out += tag + struct.pack(">I", len(members))
        for member in members:
            self.put(member, depth + 1)

    def put_set(self, tag, value, depth):
        # In the order of their bytes: equal sets are equal frames.
        parts = []
        whole = self.out
        for member in set.union(set(), value):
            self.out = bytearray()
            self.put(member, depth + 1)
            parts.append(bytes(self.out))
        self.out = whole
        self.out += tag + struct.pack(">I", len(parts)) + b"".join(sorted(parts))

    def put_dict(self, value, depth):
        items = list(dict.items(value))
        self.out += b"d" + struct.pack(">I", len(items))
        for key, member in items:
            self.put(key, depth + 1)
            self.put(member, depth + 1)


def _text(writer, value, _):
    writer.block(b"s", str.encode(value, "utf-8", "surrogatepass"))


# A subclass is written by the first entry that it belongs to; `bool` cannot have any.
PLAIN = {
    type(None): lambda writer, value, depth: writer.out.extend(b"N"),
    bool: lambda writer, value, depth: writer.out.extend(b"T" if value else b"F"),
    int: Writer.put_int,
    float: lambda writer, value, depth: writer.out.extend(b"f" + struct.pack(">d", float.__add__(value, -0.0))),
    complex: Writer.put_complex,
    str: _text,
    bytes: lambda writer, value, depth: writer.block(b"b", bytes(value)),
    bytearray: lambda writer, value, depth: writer.block(b"a", bytes(value)),
    list: lambda writer, value, depth: writer.sequence(b"l", list.copy(value), depth),
    tuple: lambda writer, value, depth: writer.sequence(b"t", tuple.__add__(value, ()), depth),
    set: lambda writer, value, depth: writer.put_set(b"S", value, depth),
    frozenset: lambda writer, value, depth: writer.put_set(b"Z", value, depth),
    dict: Writer.put_dict,
    range: Writer.put_range,
}


class Reader:
    """Makes a value of bytes. `foreign` maps a tag to a function of the number or name behind it."""

    def __init__(self, data, foreign):
        self.data = data
        self.at = 0
        self.members = 0
        self.foreign = foreign

    def take(self, count):
        end = self.at + count
        if end > len(self.data):
            raise Malformed("a value ends too early")
        part = self.data[self.at:end]
        self.at = end
        return part

    def length(self):
        return struct.unpack(">I", self.take(4))[0]

    def get(self, depth=0):
        self.members += 1
        if depth > DEPTH + 2 or self.members > MEMBERS + 16:
            raise Malformed("a value is too deep or too large")
        tag = self.take(1)
        read = TAGS.get(tag)
        if read is not None:
            return read(self, depth)
        open_foreign = self.foreign.get(tag)
        if open_foreign is None:
            raise Malformed("an unknown tag")
        name = self.take(self.length())
        if len(name) > 200 or not name.isascii():
            raise Malformed("a name that is none")
        return open_foreign(name.decode("ascii"))

    def members_of(self, depth, each=1):
        count = self.length()
        if count * each > len(self.data) - self.at:
            raise Malformed("more members than bytes")
        return [self.get(depth + 1) for _ in range(count * each)]

    def get_dict(self, depth):
        flat = self.members_of(depth, 2)
        return dict(zip(flat[::2], flat[1::2]))

    def get_range(self, depth):
        parts = self.members_of(depth)
        if len(parts) != 3 or any(type(part) is not int for part in parts):
            raise Malformed("a range that is none")
        return range(*parts)


TAGS = {
    b"N": lambda reader, depth: None,
    b"T": lambda reader, depth: True,
    b"F": lambda reader, depth: False,
    b"i": lambda reader, depth: int.from_bytes(reader.take(reader.length()), "big", signed=True),
    b"f": lambda reader, depth: struct.unpack(">d", reader.take(8))[0],
    b"c": lambda reader, depth: complex(*struct.unpack(">dd", reader.take(16))),
    b"s": lambda reader, depth: reader.take(reader.length()).decode("utf-8", "surrogatepass"),
    b"b": lambda reader, depth: bytes(reader.take(reader.length())),
    b"a": lambda reader, depth: bytearray(reader.take(reader.length())),
    b"l": lambda reader, depth: reader.members_of(depth),
    b"t": lambda reader, depth: tuple(reader.members_of(depth)),
    b"S": lambda reader, depth: set(reader.members_of(depth)),
    b"Z": lambda reader, depth: frozenset(reader.members_of(depth)),
    b"d": lambda reader, depth: reader.get_dict(depth),
    b"r": lambda reader, depth: reader.get_range(depth),
}


def encode(value, foreign):
    """The bytes of a value, and how many of its parts were rebuilt as plain ones."""
    writer = Writer(foreign)
    writer.put(value)
    if len(writer.out) > FRAME_BYTES:
        raise TooLarge(f"more than {FRAME_BYTES} bytes")
    return bytes(writer.out), writer.n_rebuilt


def decode(data, foreign):
    """The value of a frame's bytes, all of them."""
    reader = Reader(data, foreign)
    try:
        value = reader.get()
    except (TypeError, ValueError, OverflowError, UnicodeError, RecursionError, ZeroDivisionError, struct.error) as error:
        raise Malformed(str(error)) from None
    if reader.at != len(data):
        raise Malformed("bytes behind a value")
    return value


# Read and not yet asked for: a length and the frame behind it mostly come in one piece.
_ahead = bytearray()


def forget():
    """Drops what was read of a line that is no longer used."""
    _ahead.clear()


def send(data):
    """Writes one frame."""
    view = memoryview(struct.pack(">I", len(data)) + data)
    while view:
        try:
            view = view[os.write(DESCRIPTOR, view):]
        except OSError:
            raise Closed from None


def receive():
    """Reads one frame's bytes."""
    size = struct.unpack(">I", _exactly(4))[0]
    if size > FRAME_BYTES:
        raise Malformed("a frame above the cap")
    return _exactly(size)


def _exactly(count):
    while len(_ahead) < count:
        try:
            part = os.read(DESCRIPTOR, min(max(count - len(_ahead), AHEAD_BYTES), 1 << 20))
        except OSError:
            part = b""
        if not part:
            raise Closed
        _ahead.extend(part)
    data = bytes(_ahead[:count])
    del _ahead[:count]
    return data
