"""Whose traces are to go, and what counts as one. Pure.

A record that can be decoded is theirs or is not. Of one that can't, the bytes are searched for the id: as Avro writes
it, behind its length, and as text does, with nothing of a name around it.
"""

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from secrets import token_hex

from consumer.memory.model import MemoryEvent
from consumer.records import Record


class Kind(StrEnum):
    """What is erased."""

    MEMORY = "memory"
    OWNER = "owner"


@dataclass(slots=True, frozen=True)
class Subject:
    """One memory, or everything of an owner."""

    kind: Kind
    id: str

    def audited(self) -> str:
        """How the audit names it. The id of a memory is kept by its tombstone anyway. That of an owner is not: whoever
        has it can check it against this salted hash, `sha256:<salt>:<hash of salt and id>`, and nobody can read it."""
        if self.kind is Kind.MEMORY:
            return self.id
        salt = token_hex(16)
        return f"sha256:{salt}:{hashlib.sha256((salt + self.id).encode()).hexdigest()}"


class Search:
    """Looks for a subject in records. `memory_ids`: the memories that go with it."""

    def __init__(self, subject: Subject, memory_ids: Collection[str]) -> None:
        self._subject = subject
        self._memory_ids = frozenset(memory_ids)
        self._keys = frozenset(each.encode() for each in self._memory_ids)
        self._mention = _mention(subject.id)

    def finds(self, record: Record, event: MemoryEvent | None) -> bool:
        """Whether the record holds something of the subject. `event` is what it decodes to, if it does."""
        if record.key in self._keys or self._is_mentioned(*(value for _, value in record.headers)):
            return True
        return self._is_mentioned(record.key, record.value) if event is None else self._is_theirs(event)

    def _is_theirs(self, event: MemoryEvent) -> bool:
        is_owner = self._subject.kind is Kind.OWNER and event.memory and event.memory.owner_id == self._subject.id
        return bool(is_owner) or event.memory_id in self._memory_ids

    def _is_mentioned(self, *parts: bytes | None) -> bool:
        return any(part and self._mention.search(part) for part in parts)


def _mention(name: str) -> re.Pattern[bytes]:
    forms = {name.encode(), *(json.dumps(name, ensure_ascii=is_ascii)[1:-1].encode() for is_ascii in (True, False))}
    framed = [_avro_length(len(form)) + form for form in forms]
    within = b"|".join(map(re.escape, sorted(forms)))
    return re.compile(rb"(?<![\w-])(?:%s)(?![\w-])|%s" % (within, b"|".join(map(re.escape, sorted(framed)))))


def _avro_length(length: int) -> bytes:
    """A zigzag varint."""
    left, encoded = length << 1, bytearray()
    while left > 0x7F:
        encoded.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*encoded, left])
