"""Laws of the line, tried at random: what is sent is what arrives, and no bytes do harm."""

import math
import random
import sys

import whet_wire as wire

CHOICE = random.Random(int(sys.stdin.read()))


def foreign(value):
    raise wire.CannotCross(type(value).__name__)


def hashable(depth):
    kind = CHOICE.randrange(9)
    if kind == 0:
        return CHOICE.choice([None, True, False])
    if kind == 1:
        return CHOICE.choice([0, -1, 255, -256, 1 << 63, -(1 << 63), CHOICE.getrandbits(300), -CHOICE.getrandbits(70)])
    if kind == 2:
        return CHOICE.choice([0.0, -0.0, 1.5, math.inf, -math.inf, 5e-324, 0.1])
    if kind == 3:
        return complex(CHOICE.random(), -0.0)
    if kind == 4:
        return "".join(chr(CHOICE.choice([65, 0, 0x7f, 0xdc80, 0x1f980])) for _ in range(CHOICE.randrange(5)))
    if kind == 5:
        return bytes(CHOICE.randrange(256) for _ in range(CHOICE.randrange(5)))
    if kind == 6:
        return range(CHOICE.randrange(5), CHOICE.randrange(9), CHOICE.choice([1, -2]))
    if depth > 3:
        return 7
    return (tuple if kind == 7 else frozenset)(hashable(depth + 1) for _ in range(CHOICE.randrange(4)))


def value(depth=0):
    kind = CHOICE.randrange(6) if depth < 4 else 5
    count = CHOICE.randrange(4)
    if kind == 0:
        return [value(depth + 1) for _ in range(count)]
    if kind == 1:
        return tuple(value(depth + 1) for _ in range(count))
    if kind == 2:
        return {hashable(depth): value(depth + 1) for _ in range(count)}
    if kind == 3:
        return {hashable(depth) for _ in range(count)}
    if kind == 4:
        return bytearray(b"ab")
    return hashable(depth)


def same(left, right):
    """Equal, of one type, and signs of zeros and order of keys alike."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    return left == right and (isinstance(left, (set, frozenset)) or repr(left) == repr(right))


def round_trip():
    for _ in range(3000):
        sent = value()
        data, _ = wire.encode(sent, foreign)
        arrived = wire.decode(data, {})
        assert same(sent, arrived), (sent, arrived)
        assert wire.encode(arrived, foreign)[0] == data, sent
    nan = wire.decode(wire.encode([math.nan], foreign)[0], {})[0]
    assert nan != nan


def subclasses_become_plain():
    class Text(str):
        def __eq__(self, other):
            return True
        __hash__ = str.__hash__

    class Number(int):
        def __eq__(self, other):
            return True
        __hash__ = int.__hash__

    data, n_rebuilt = wire.encode([Text("a"), Number(3), 4], foreign)
    arrived = wire.decode(data, {})
    assert [type(part) for part in arrived] == [str, int, int] and n_rebuilt == 2
    assert arrived[0] != "b" and arrived[1] != 4


def hostile_bytes():
    tags = b"NTFifcsbaltSZdrhgkn"
    for _ in range(30000):
        data, _ = wire.encode(value(), foreign)
        data = bytearray(data)
        for _ in range(CHOICE.randrange(4)):
            data[CHOICE.randrange(len(data))] = CHOICE.choice([CHOICE.randrange(256), CHOICE.choice(tags), 0, 255])
        if CHOICE.randrange(3) == 0:
            del data[CHOICE.randrange(len(data)):]
        try:
            wire.decode(bytes(data), {b"h": int})
        except wire.Malformed:
            pass
        except ValueError:
            assert b"h" in data
    for bomb in [b"l\xff\xff\xff\xff", b"d\x7f\xff\xff\xff", b"t\x00\x00\x00\x01" * 5000 + b"N", b"", b"NN",
                 b"S\x00\x00\x00\x01l\x00\x00\x00\x00", b"s\x00\x00\x00\x01\xff", b"r\x00\x00\x00\x03NNN",
                 b"r\x00\x00\x00\x03" + b"i\x00\x00\x00\x01\x00" * 3]:
        try:
            wire.decode(bomb, {})
        except wire.Malformed:
            continue
        raise AssertionError(bomb[:20])


def caps():
    deep = []
    for _ in range(wire.DEPTH + 5):
        deep = [deep]
    loop = []
    loop.append(loop)
    for large in (deep, loop, ["x" * (1 << 20)] * 20, [0] * (wire.MEMBERS + 5)):
        try:
            wire.encode(large, foreign)
        except wire.TooLarge:
            continue
        raise AssertionError("above the caps")


for law in (round_trip, subclasses_become_plain, hostile_bytes, caps):
    law()
    print(law.__name__)
