"""Keys under which similar memories of an owner are found without looking at all of them. Pure.

Two memories that share no key are not compared. Who has the same content shares a key; who shares a source does; who
tells of the same people in the same words; and who says much the same. For that the words are put into eight orders,
each by a hash of its own, and the first four words in each order are a key: two sets of words with c in common, of n in
all, have the same four in one order with a chance of C(c, 4) / C(n, 4). With 11 words of 13 (a Jaccard index of 0.85)
some key is shared with a chance of 0.99, with 10 of 14 (0.71) of 0.85, with 4 of 20 (0.20) of 0.002.

It is min-hashing in bands (A. Broder, "On the resemblance and containment of documents", 1997; Leskovec, Rajaraman,
Ullman, "Mining of Massive Datasets", chapter 3) with the rows of a band drawn from one order without replacement (a
bottom-k sketch: E. Cohen, H. Kaplan, "Summarizing data using bottom-k sketches", 2007). That costs a fifth of the
hashing, and those with only a few words in common are never taken for alike.

A key is an integer of 63 bits, which a database can index at the least price: half of it says the owner, so that the
keys of one stand together, half what is found under it. Two keys may be equal by chance, and then two memories are
compared for nothing.
"""

import struct
from functools import lru_cache
from hashlib import blake2b
from zlib import crc32

from consumer.memory.merging.similarity import Traits

ORDERS, FIRST = 8, 4
LONGEST = 40
"""Letters of a word that count for keys. What is remembered of words is bounded by it."""

MOST_SOURCES = 24
"""Of so many source ids there is a key each: those with the smallest hashes, which two memories with many sources in
common mostly share."""

KEY_VERSION = 1

_RANKS = struct.Struct(f"<{ORDERS}I")
_HALF = (1 << 32) - 1


def content_key(owner_id: str, traits: Traits) -> int:
    """The key of all memories with the same content."""
    return _half_of(owner_id) | int.from_bytes(traits.digest[:4], "little")


def source_keys(owner_id: str, traits: Traits) -> list[int]:
    """A key for each source: of many, for those with the smallest hashes."""
    if not traits.sources:
        return []
    half = _half_of(owner_id)
    return sorted({half | _number(each) for each in traits.sources})[:MOST_SOURCES]


def retelling_keys(owner_id: str, traits: Traits) -> list[int]:
    """The key of those who tell of the same people in the same words, of memories with participants: out of different
    sources that is just enough to be looked at."""
    if not traits.people:
        return []
    told = "|".join((*sorted(traits.words), "", *sorted(traits.people)))
    return [_half_of(owner_id) | _number(told)]


def word_keys(owner_id: str, traits: Traits) -> list[int]:
    """The keys of memories that say much the same, each once: one an order."""
    half = _half_of(owner_id)
    words = {word[:LONGEST] for word in traits.words}
    # A sum of ranks says which words they are the ranks of, and takes no further hash.
    sketches = [sum(sorted(ranks)[:FIRST]) & _HALF for ranks in zip(*map(_ranks, words), strict=True)]
    return list({half | sketch for sketch in sketches})


def keys_of(owner_id: str) -> tuple[int, int]:
    """The first and the last key that an owner's clusters can stand under; by chance another's lie between."""
    return _half_of(owner_id), _half_of(owner_id) | _HALF


@lru_cache(maxsize=10_000)
def _half_of(owner_id: str) -> int:
    """The upper half of an owner's keys: 31 bits, so that they fit a signed integer."""
    return int.from_bytes(_hash(f"{KEY_VERSION}|{owner_id}", 4), "little") >> 1 << 32


@lru_cache(maxsize=50_000)
def _ranks(word: str) -> tuple[int, ...]:
    """A word's rank in each of the orders. Words come again and again, so they are remembered.

    Thirty bits each: the largest number that CPython compares at once.
    """
    return tuple([rank >> 2 for rank in _RANKS.unpack(_hash(word, _RANKS.size))])


def _hash(text: str, size: int) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()


def _number(text: str) -> int:
    return crc32(text.encode("utf-8", "surrogatepass"))
