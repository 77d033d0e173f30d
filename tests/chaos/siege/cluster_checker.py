"""Whether the clusters that are there agree with what was published. Pure, and imports nothing of the consumer.

Which memories stand together depends on which came first, and nobody knows that of records of several partitions. What
is known: who has to be there, who says the same as whom, and what has to hold of every cluster, whoever is in it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from tests.chaos.siege.checker import Finding, Wrong, applied, last_values
from tests.chaos.siege.contents import MEMORY_COLUMNS, Event, canonical, event_in, saying
from tests.chaos.siege.published import Published

CONTENT = MEMORY_COLUMNS.index("content")
BY_A_PERSON = "review"
RANDOM = 4
"""The version of a UUID that nothing is known of."""
FIELDS = {*MEMORY_COLUMNS, "primary_emotion"}
"""What history may name."""


class Member(NamedTuple):
    """A row of `members`. `text` is what its memory's row has."""

    memory_id: str
    cluster_id: UUID
    is_founder: bool
    content_hash: bytes
    text: str | None


class View(NamedTuple):
    """What is seen of a cluster: the memory that it is shown as, and `contents.MEMORY_COLUMNS` by their names."""

    cluster_id: UUID
    memory_id: str
    fields: Mapping[str, Any]


class Joining(NamedTuple):
    """A row of history. `named` are the fields that it names."""

    cluster_id: UUID
    memory_id: str
    band: str
    named: Sequence[str]


class Pair(NamedTuple):
    """Two memories, with the hashes of their contents, that are left to a person."""

    one: tuple[str, bytes]
    other: tuple[str, bytes]


class Clusters(NamedTuple):
    """The tables of clusters. `keyed`: the clusters that stand under some key."""

    members: Sequence[Member]
    keyed: set[UUID]
    views: Sequence[View]
    joinings: Sequence[Joining]
    pairs: Sequence[Pair]

    def by_cluster(self) -> dict[UUID, list[Member]]:
        """The members of each."""
        clusters: defaultdict[UUID, list[Member]] = defaultdict(list)
        for member in self.members:
            clusters[member.cluster_id].append(member)
        return clusters


def agrees_but_for_wording(found: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    """Whether a memory's columns are what they should be. The text may be in the row of another that says the same, or
    be there in that one's words."""
    text, told = found[CONTENT], wanted[CONTENT]
    is_good = text is None or (told is not None and canonical(text) == canonical(told))
    return is_good and _without_text(found) == _without_text(wanted)


def _without_text(columns: tuple[Any, ...]) -> tuple[Any, ...]:
    return columns[:CONTENT] + columns[CONTENT + 1 :]


def check_clusters(published: Published, clusters: Clusters) -> Iterator[Finding]:
    """The living are members, each of one cluster; and everything else that must hold."""
    last = ((memory_id, event_in(value)) for memory_id, value in last_values(published).items())
    living = {memory_id: event for memory_id, event in last if event["memory"] is not None}
    strange = [member for member in clusters.members if member.memory_id not in living]
    if strange:
        yield Finding(Wrong.DOUBLED, len(strange), f"members that do not live, such as {strange[0]}")
        # What it is a member of can't be told of whom nobody knows.
        dead = {member.memory_id for member in strange}
        clusters = clusters._replace(members=[each for each in clusters.members if each.memory_id not in dead])
    yield from _check_members(living, clusters)
    yield from _check_twins(living, clusters.members)
    yield from _check_keys(clusters)
    yield from _check_views(living, clusters)
    yield from _check_joinings(published, clusters)
    yield from _check_pairs(clusters)


def _check_members(living: Mapping[str, Event], clusters: Clusters) -> Iterator[Finding]:
    times = Counter(member.memory_id for member in clusters.members)
    if missing := living.keys() - times.keys():
        yield Finding(Wrong.LOST, len(missing), f"living memories such as {min(missing)} are no members")
    if twice := [memory_id for memory_id, count in times.items() if count > 1]:
        yield Finding(Wrong.DOUBLED, len(twice), f"members of several clusters, such as {min(twice)}")
    for cluster_id, members in clusters.by_cluster().items():
        if (founders := sum(member.is_founder for member in members)) != 1:
            yield Finding(Wrong.ALTERED, 1, f"cluster {cluster_id} of {len(members)} has {founders} founders")
        if len(owners := {living[member.memory_id]["memory"]["owner_id"] for member in members}) != 1:
            yield Finding(Wrong.ALTERED, 1, f"cluster {cluster_id} is of several owners: {owners}")


def _check_twins(living: Mapping[str, Event], members: Iterable[Member]) -> Iterator[Finding]:
    """Those that say the same stand together, bear one hash, and one of them has the text."""
    twins: defaultdict[Any, list[Member]] = defaultdict(list)
    for member in members:
        twins[saying(living[member.memory_id])].append(member)
    hashes: Counter[tuple[str, bytes]] = Counter()
    for (owner, *_), those in twins.items():
        told = f"of {len(those)} that say the same as {those[0].memory_id}"
        hashes.update({(owner, member.content_hash) for member in those})
        if len({member.content_hash for member in those}) != 1:
            yield Finding(Wrong.ALTERED, 1, f"several hashes {told}")
        if (apart := len({member.cluster_id for member in those})) != 1:
            yield Finding(Wrong.ALTERED, apart - 1, f"{apart} clusters {told}")
        if (texts := sum(member.text is not None for member in those)) != 1:
            yield Finding(Wrong.LOST if texts == 0 else Wrong.DOUBLED, 1, f"{texts} texts {told}")
    if shared := [content for content, sayings in hashes.items() if sayings > 1]:
        yield Finding(Wrong.ALTERED, len(shared), f"one hash of several contents of {shared[0][0]}")


def _check_keys(clusters: Clusters) -> Iterator[Finding]:
    living = clusters.by_cluster().keys()
    if strange := clusters.keyed - living:
        yield Finding(Wrong.ALTERED, len(strange), f"keys of clusters without members, such as {min(strange)}")
    if missing := living - clusters.keyed:
        yield Finding(Wrong.LOST, len(missing), f"clusters without a key, such as {min(missing)}")


def _check_views(living: Mapping[str, Event], clusters: Clusters) -> Iterator[Finding]:
    """There is one of each cluster of several members; it shows the oldest, and has nothing that no member says."""
    by_cluster = clusters.by_cluster()
    wanted = {cluster_id for cluster_id, members in by_cluster.items() if len(members) > 1}
    seen = {view.cluster_id for view in clusters.views}
    if missing := wanted - seen:
        yield Finding(Wrong.LOST, len(missing), f"nothing is seen of clusters such as {min(missing)}")
    if strange := seen - wanted:
        yield Finding(Wrong.DOUBLED, len(strange), f"views of clusters without several members, such as {min(strange)}")
    texts = {
        (living[each.memory_id]["memory"]["owner_id"], each.content_hash): each.text
        for each in clusters.members
        if each.text is not None
    }
    for view in clusters.views:
        if view.cluster_id in wanted:
            members = by_cluster[view.cluster_id]
            oldest = min(members, key=lambda member: (living[member.memory_id]["occurred_at"], member.memory_id))
            event = living[oldest.memory_id]
            text = texts.get((event["memory"]["owner_id"], oldest.content_hash))
            yield from _check_shown(view, oldest.memory_id, event, text)
            yield from _check_said(view, [living[member.memory_id]["memory"] for member in members])


def _check_shown(view: View, memory_id: str, event: Event, text: str | None) -> Iterator[Finding]:
    shown = (view.memory_id, *(view.fields[name] for name in ("owner_id", "occurred_at", "is_deleted", "content")))
    if shown != (memory_id, event["memory"]["owner_id"], event["occurred_at"], False, text):
        yield Finding(Wrong.ALTERED, 1, f"the view of {view.cluster_id} does not show its oldest, {memory_id}: {shown}")


def _check_said(view: View, members: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Every word of the view but its text is in one of the members."""
    shown = {name: value for name, value in view.fields.items() if name != "content"}
    if strange := set(_words(shown)).difference(*map(_words, members)):
        yield Finding(Wrong.ALTERED, 1, f"the view of {view.cluster_id}: no member has {strange}")


def _words(value: Any) -> Iterator[str]:
    """The texts in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from chain.from_iterable(map(_words, value.values()))
    elif isinstance(value, Sequence):
        yield from chain.from_iterable(map(_words, value))


def _check_joinings(published: Published, clusters: Clusters) -> Iterator[Finding]:
    """Who stands beside others has joined them; nobody joined more often than it was told of; history has no words.

    A person's word moves memories that nothing was told of: beside others in a band of its own, or into a cluster of a
    random name.
    """
    told = Counter(event["memory_id"] for event, _ in applied(published) if event["memory"] is not None)
    joined = Counter(
        joining.memory_id
        for joining in clusters.joinings
        if joining.band != BY_A_PERSON and joining.cluster_id.version != RANDOM
    )
    if often := [memory_id for memory_id, count in joined.items() if count > told[memory_id]]:
        yield Finding(Wrong.DOUBLED, len(often), f"memories that joined more often than told, such as {min(often)}")
    known = {(joining.cluster_id, joining.memory_id) for joining in clusters.joinings}
    beside = {(member.cluster_id, member.memory_id) for member in clusters.members if not member.is_founder}
    if missing := beside - known:
        yield Finding(Wrong.LOST, len(missing), f"joinings such as {min(missing)} are not in the history")
    if words := set(chain.from_iterable(joining.named for joining in clusters.joinings)) - FIELDS:
        yield Finding(Wrong.ALTERED, len(words), f"history names what is no field: {words}")


def _check_pairs(clusters: Clusters) -> Iterator[Finding]:
    """Both sides live, and say what they said when the pair was noted."""
    known = {(member.memory_id, member.content_hash) for member in clusters.members}
    if lapsed := [pair for pair in clusters.pairs if not known.issuperset(pair)]:
        yield Finding(Wrong.ALTERED, len(lapsed), f"pairs that had to lapse, such as {lapsed[0]}")
