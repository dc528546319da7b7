"""Cases out of right texts: parts left out, doubled, exchanged, and put in what has broken parsers before."""

import random
import re
from collections.abc import Iterator

TOKENS = tuple(
    word.encode("utf-8", "surrogatepass") if isinstance(word, str) else word
    for word in (
        "", "\0", "\n", "\r", "\n\n", "\t", " ", "\x1e", "\x85", "\u2028", "\x1b[2J", b"\xff", b"\xc3", b"\x80", "\ud800", "\ufeff",
        "²", "٣", "①", "İ", "K", "-1", "0", "00", "1.", ".1", "1..2", "1e999", "NaN", "Infinity", "-0", "0x10", "1_000",
        "9" * 30, "9" * 5000, str(2**63), str(2**64), "true", "null", "{}", "[]", '""', '"', "'", "\\", "\\u0000", "\\ud800",
        "[" * 2000, '{"a":' * 2000, "a" * 5000, " " * 5000, "../" * 20, "/", "//", "-", "--", "=", ":", "::", ",", ";", "#", "%s",
        "${", "${a}", "$(x)", "*", "(", ")", "{", "}", "<", ">", "!", "@", "~", "|", "&", "\x7f", "\u202e", "a\n" * 500,
    )
)  # fmt: skip
NUMBER = re.compile(rb"[0-9]+")
LARGEST = 1 << 16
"""Bytes of a case."""


def mutated(seeds: tuple[bytes, ...], chance: random.Random) -> bytes:
    """Another case; of 20 about one is as right as its seed."""
    data = chance.choice(seeds)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 4, 6, 9))):
        data = _changed(data, seeds, chance)
    return data[:LARGEST]


def repeated(seeds: tuple[bytes, ...], chance: random.Random) -> Iterator[bytes]:
    """Cases of the largest size: a line, a word, a piece of a seed over and over, alone and where it stands."""
    for seed in seeds:
        lines, words = seed.splitlines(keepends=True), re.findall(rb"\S+\s?", seed)
        pieces = [
            seed[(start := chance.randrange(len(seed) + 1)) : start + chance.choice((1, 2, 3, 5, 8, 40))]
            for _ in range(6)
        ]
        several = (chance.sample(each, min(len(each), 50)) for each in (lines, words))
        for part in {seed, *(part for each in several for part in each), *pieces} - {b""}:
            many, at = part * (LARGEST // len(part) + 1), seed.find(part)
            yield many[:LARGEST]
            yield (seed[:at] + many)[: LARGEST - len(seed) + at] + seed[at:]


def _changed(data: bytes, seeds: tuple[bytes, ...], chance: random.Random) -> bytes:
    size = len(data)
    start = chance.randrange(size + 1)
    end = min(size, start + chance.choice((0, 1, 1, 2, 4, 8, 16, 64, 1024)))
    match chance.randrange(12):
        case 0:
            return data[:start] + data[end:]
        case 1 | 2:
            return data[:start] + chance.choice(TOKENS) + data[start:]
        case 3 | 4:
            return data[:start] + chance.choice(TOKENS) + data[end:]
        case 5:
            return data[:start] + bytes([chance.randrange(256)]) + data[start + 1 :]
        case 6:
            return data[:start]
        case 7:
            return data[:start] + data[start:end] * chance.choice((2, 3, 10, 1000)) + data[end:]
        case 8:
            other = chance.choice(seeds)
            return data[:start] + other[chance.randrange(len(other) + 1) :]
        case 9:
            lines = data.splitlines(keepends=True)
            chance.shuffle(lines)
            return b"".join(lines)
        case 10:
            found = list(NUMBER.finditer(data))
            if not found:
                return bytes(chance.randrange(256) for _ in range(chance.randrange(32)))
            one = chance.choice(found)
            return data[: one.start()] + chance.choice(TOKENS) + data[one.end() :]
        case _:
            words = data.split(b" ")
            words[chance.randrange(len(words))] = chance.choice(TOKENS)
            return b" ".join(words)
