"""Keys under which similar memories of an owner are found without looking at all of them. Pure.

Two memories that share no key are not compared. Who has the same content shares a key; who shares a source does; and
who took part in something that was told in the same words. For texts without sources there are min-hash keys: the
chance that two sets of words have a key in common is 1 - (1 - J⁵)⁸, where J is their Jaccard index: 0.99 at 0.85, 0.77
at 0.70, and 0.003 at 0.20. See A. Broder, "On the resemblance and containment of documents", 1997, and Leskovec,
Rajaraman, Ullman, "Mining of Massive Datasets", chapter 3, for the bands.

A key is a signed integer of 64 bits, which a database can index at the least price; two keys may be equal by chance,
and then two memories are compared for nothing.
"""

import struct
from functools import lru_cache
from hashlib import blake2b

from consumer.memory.merging.similarity import Traits

BANDS, ROWS = 8, 5
MOST_SOURCES = 24
"""Of so many source ids there is a key each: those with the smallest hashes, which two memories with many sources in
common mostly share."""

KEY_VERSION = 1

_BAND = struct.Struct(f"<B{ROWS}Q")
_MASK = (1 << 64) - 1
_MULTIPLIERS = tuple(
    struct.unpack("<Q", blake2b(b"row %d" % row, digest_size=8).digest())[0] | 1 for row in range(BANDS * ROWS)
)


def content_key(owner_id: str, traits: Traits) -> int:
    """The key of all memories with the same content."""
    return _key(_seed(owner_id), int.from_bytes(traits.digest[:8], "little"))


def blocking_keys(owner_id: str, traits: Traits) -> list[int]:
    """The keys of a memory that may be like others, each once, in ascending order."""
    seed, keys = _seed(owner_id), list[int]()
    if traits.sources:
        keys = sorted([_key(seed, _hash(f"source|{source}")) for source in traits.sources])[:MOST_SOURCES]
    elif traits.words:
        keys = [_key(seed, band) for band in _bands(traits.words)]
    if traits.people:
        # The only way to be worth a look without a source in common: the same words by the same people.
        keys.append(_key(seed, _hash("words|" + "|".join(sorted(traits.words)))))
    return sorted(set(keys)) if len(keys) > 1 else keys


@lru_cache(maxsize=10_000)
def _seed(owner_id: str) -> int:
    return _hash(f"{KEY_VERSION}|owner|{owner_id}")


def _bands(words: frozenset[str]) -> list[int]:
    """One number a band, out of the minima of its rows."""
    minima = list(map(min, zip(*map(_rows, words), strict=True)))
    return [_number(_BAND.pack(band, *minima[band * ROWS : (band + 1) * ROWS])) for band in range(BANDS)]


@lru_cache(maxsize=100_000)
def _rows(word: str) -> tuple[int, ...]:
    """A word under each of the hash functions. Words come again and again, so they are remembered."""
    base = _hash(word)
    return tuple(base * multiplier >> 13 & _MASK for multiplier in _MULTIPLIERS)


def _hash(text: str) -> int:
    return _number(text.encode("utf-8", "surrogatepass"))


def _number(value: bytes) -> int:
    return int.from_bytes(blake2b(value, digest_size=8).digest(), "little")


def _key(seed: int, value: int) -> int:
    """Two numbers mixed into one that fits a signed integer of 64 bits."""
    mixed = ((seed ^ value) * 0x9E3779B97F4A7C15) & _MASK
    mixed ^= mixed >> 29
    return mixed - (1 << 64) if mixed >> 63 else mixed
