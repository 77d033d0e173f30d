"""Unions of what has no limit of its own: sources, markers, metadata. Pure.

A cluster may have any number of members, and a view that has all of theirs would be dearer with each, until the
database would not take it any more. So a union takes what the oldest member has, and of the others as much as fits,
the older first. Whoever does not fit ends it: nothing that comes later is looked at.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from consumer.memory.merging.members import Member
from consumer.memory.model import Memory

MOST_CHARACTERS = 1_000_000
"""In one union, whoever is oldest aside."""


class Texts(NamedTuple):
    """Texts, each once, and the first member that has one that did not fit."""

    texts: list[str]
    over: Member | None


class Pairs(NamedTuple):
    """Metadata, and the first member that has some that did not fit."""

    pairs: dict[str, str]
    over: Member | None


def texts_of(telling: Sequence[Member], part: Callable[[Memory], Iterable[str]]) -> Texts:
    """The texts that the members, the oldest first, have in that part."""
    oldest, *others = telling
    union = dict.fromkeys(part(oldest.memory))
    room = MOST_CHARACTERS - sum(map(len, union))
    for member in others:
        for text in part(member.memory):
            if text not in union:
                room -= len(text)
                if room < 0:
                    return Texts(list(union), member)
                union[text] = None
    return Texts(list(union), None)


def metadata_of(telling: Sequence[Member]) -> Pairs:
    """The metadata of the members, the oldest first. Where values differ, both are kept: the older under its key, the
    other under `key@memory_id`."""
    oldest, *others = telling
    union = dict(oldest.memory.metadata)
    room = MOST_CHARACTERS - sum(len(key) + len(value) for key, value in union.items())
    for member in others:
        for key, value in member.memory.metadata.items():
            if union.get(key) == value:
                continue
            name = _free(f"{key}@{member.memory_id}", union) if key in union else key
            room -= len(name) + len(value)
            if room < 0:
                return Pairs(union, member)
            union[name] = value
    return Pairs(union, None)


def _free(key: str, taken: Collection[str]) -> str:
    """The key, or one like it that nobody has."""
    while key in taken:
        key += "'"
    return key
