"""What is written of clusters, as rows of their tables: of all columns but numbers that the database gives."""

from datetime import datetime
from uuid import UUID

from consumer.adapters.sql.rows import Row, contents_of, json_of
from consumer.memory.merging.doubts import Doubt
from consumer.memory.merging.folding import View
from consumer.memory.merging.joining import Joining
from consumer.memory.merging.members import Member
from consumer.memory.merging.roster import Place


def member_row(member: Member, place: Place) -> Row:
    """Of `members`."""
    digest = member.traits.digest
    return (member.memory_id, place.cluster_id, place.is_founder, str(place.band), place.score, digest)


def view_row(cluster_id: UUID, view: View, now: datetime) -> Row:
    """Of `merged_memories`. Raises `RowRefused` where a document can't be written as JSON."""
    return (
        cluster_id,
        view.memory_id,
        view.memory.owner_id,
        view.occurred_at,
        False,
        None,  # several may have produced it
        *contents_of(view.memory),
        json_of(view.conflicts),
        now,
    )


def joining_row(joining: Joining, now: datetime) -> Row:
    """Of `merge_history`."""
    cluster_id, member, place, conflicts, fields = joining
    return (cluster_id, member.memory_id, now, str(place.band), place.score, json_of(conflicts), json_of(fields))


def doubt_row(owner_id: str, doubt: Doubt, now: datetime) -> Row:
    """Of `reviews`: a pair that nobody has decided about."""
    (one, other), score, reason = doubt
    decision = decided_at = decided_by = decided_because = None
    return (
        owner_id,
        one.memory_id,
        one.digest,
        other.memory_id,
        other.digest,
        score,
        reason,
        decision,
        now,
        decided_at,
        decided_by,
        decided_because,
    )
