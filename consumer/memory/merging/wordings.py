"""Who says the same, and in whose words it is kept. Pure.

Of members that say the same one alone has its text kept: the others are read back in its words. It is the one that was
told first, until it says something else or is gone; then the oldest of the rest.
"""

from collections import defaultdict
from collections.abc import Collection

from consumer.memory.merging.members import Digest, Member


class Wordings:
    """The contents that a batch touches, as its events change who says them."""

    def __init__(self) -> None:
        self._twins: defaultdict[Digest, dict[str, Member]] = defaultdict(dict)
        self._holders: dict[Digest, Member] = {}
        self._reworded: set[str] = set()

    def twins(self, digest: Digest) -> Collection[Member]:
        """The members with this content."""
        twins = self._twins.get(digest)
        return twins.values() if twins else ()

    def is_kept_of(self, member: Member) -> bool:
        """Whether it is the one whose row has the text."""
        holder = self._holders.get(member.digest)
        return holder is not None and holder.memory_id == member.memory_id

    def is_reworded(self, member: Member) -> bool:
        """Whether it was told in other words than those that are kept."""
        return member.memory_id in self._reworded

    def enter(self, member: Member) -> None:
        """It says what it says."""
        self._twins[member.digest][member.memory_id] = member

    def keep_of(self, member: Member) -> None:
        """Its row has the text."""
        self._holders[member.digest] = member

    def leave(self, member: Member) -> None:
        """It says so no more: the text passes to the oldest of those who do."""
        twins = self._twins[member.digest]
        twins.pop(member.memory_id, None)
        if self.is_kept_of(member):
            del self._holders[member.digest]
            if twins:
                self.keep_of(min(twins.values(), key=lambda twin: twin.age))

    def worded(self, told: Member) -> Member:
        """A memory that is about to be entered, as it will be read back. Of a content that is new its words are
        kept."""
        member = told.worded_as(self._holders.setdefault(told.digest, told))
        if member is told:
            self._reworded.discard(told.memory_id)
        else:
            self._reworded.add(told.memory_id)
        return member
