"""Which partitions are ours: claimed together, lost and claimed again, looked up when in doubt."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from consumer.errors import Transient
from consumer.ownership import CLAIMED_AT_ONCE, LOOK_AGAIN_SECONDS, SETTLING_SECONDS, Ownership
from consumer.ports import Findings, Settlement
from consumer.records import Batch, Changes, Claim, ClosedBy, Found, Plan, TopicPartition, Written
from tests.fakes.clock import HandClock
from tests.stories import MEMORIES, record

OTHER = TopicPartition("memories", 1)
NOTHING = Found(None, None, earliest=0, end=0)


class Group:
    """An assignment that a test changes by hand; remembers what was started and stopped."""

    def __init__(self) -> None:
        self.next = Changes()
        self.started: dict[TopicPartition, int] = {}
        self.unstartable: TopicPartition | None = None

    def changes(self) -> Changes:
        changes, self.next = self.next, Changes()
        return changes

    def look_up(self, sources: Collection[TopicPartition]) -> Findings:
        return dict.fromkeys(sources, NOTHING)

    def start(self, source: TopicPartition, offset: int) -> None:
        if source == self.unstartable:
            raise Transient("can't be sought")
        self.started[source] = offset

    def stop(self, source: TopicPartition) -> None:
        self.started.pop(source, None)


class GroupWithout(Group):
    """Some of its partitions have no leader."""

    def __init__(self, *leaderless: TopicPartition) -> None:
        super().__init__()
        self.leaderless = leaderless
        self.next = Changes(assigned=frozenset({MEMORIES, OTHER, *leaderless}))

    def look_up(self, sources: Collection[TopicPartition]) -> Findings:
        return {source: NOTHING if source not in self.leaderless else Transient("no leader") for source in sources}


class GroupReadOn(Group):
    """While Kafka is asked, somebody else reads on."""

    def __init__(self, rows: "Rows") -> None:
        super().__init__()
        self._rows = rows
        self.next = Changes(assigned=frozenset({MEMORIES, OTHER}))

    def look_up(self, sources: Collection[TopicPartition]) -> Findings:
        self._rows.rows[MEMORIES] = Claim(MEMORIES, 1, 120, 1)
        return super().look_up(sources)


class Rows:
    """The partition rows alone, of a database that may be away."""

    def __init__(self) -> None:
        self.rows: dict[TopicPartition, Claim] = {}
        self.is_away = False
        self.transactions = 0
        self.forgotten: list[TopicPartition] = []
        self.found: dict[TopicPartition, Found] = {}

    def claim(self, found: Mapping[TopicPartition, Found]) -> dict[TopicPartition, Claim]:
        self._must_be_there()
        self.transactions += 1
        self.found |= found
        rows = {source: self.rows.get(source, Claim(source, 0, 0, 1)) for source in found}
        self.rows |= {source: replace(row, epoch=row.epoch + 1) for source, row in rows.items()}
        return {source: self.rows[source] for source in found}

    def move_by_hand(self, source: TopicPartition, next_offset: int) -> None:
        row = self.rows[source]
        self.rows[source] = Claim(source, row.epoch + 1, next_offset, row.incarnation + 1)

    def forget_obeyed(self, claims: Collection[Claim]) -> None:
        self._must_be_there()
        self.forgotten += [claim.source for claim in claims]

    def positions(self, sources: Collection[TopicPartition]) -> dict[TopicPartition, Claim]:
        self._must_be_there()
        return {source: self.rows[source] for source in sources if source in self.rows}

    def write(
        self, plan: Plan, suspects: Collection[UUID], claims: Mapping[TopicPartition, Claim], settlement: Settlement
    ) -> Written:
        raise AssertionError("ownership writes nothing")

    def _must_be_there(self) -> None:
        if self.is_away:
            raise Transient("database: away")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def group() -> Group:
    group = Group()
    group.next = Changes(assigned=frozenset({MEMORIES, OTHER}))
    return group


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def ownership(group: Group, rows: Rows, clock: HandClock) -> Ownership:
    ownership = Ownership(group, rows, clock)
    ownership.keep_up()
    return ownership


def batch(*offsets: int, source: TopicPartition = MEMORIES) -> Batch:
    return Batch([record(offset, source) for offset in offsets], ClosedBy.COUNT)


def offsets(batch: Batch) -> Sequence[int]:
    return [each.offset for each in batch.records]


def test_what_is_assigned_is_claimed_and_started(ownership: Ownership, group: Group) -> None:
    assert {claim.epoch for claim in ownership.claims.values()} == {1}
    assert group.started == {MEMORIES: 0, OTHER: 0}


def test_retained_partitions_keep_their_epoch(ownership: Ownership, group: Group) -> None:
    group.next = Changes(gone=frozenset({OTHER}))
    ownership.keep_up()
    assert {source: claim.epoch for source, claim in ownership.claims.items()} == {MEMORIES: 1}


def test_taken_and_given_back_is_claimed_anew(ownership: Ownership, group: Group) -> None:
    group.next = Changes(gone=frozenset({OTHER}), assigned=frozenset({OTHER}))
    ownership.keep_up()
    assert ownership.claims[OTHER].epoch == 2


def test_a_claim_says_where_the_row_stood_before_kafka_was_asked(rows: Rows, clock: HandClock) -> None:
    rows.rows[MEMORIES] = Claim(MEMORIES, 1, 80, 1)
    Ownership(GroupReadOn(rows), rows, clock).keep_up()
    assert {source: found.reached for source, found in rows.found.items()} == {MEMORIES: 80, OTHER: 0}


def test_claims_are_tried_again_while_the_database_is_away(group: Group, rows: Rows, clock: HandClock) -> None:
    rows.is_away = True
    ownership = Ownership(group, rows, clock)
    ownership.keep_up()
    assert (ownership.claims, group.started) == ({}, {})
    before = (ownership.trouble, ownership.is_claiming)
    rows.is_away = False
    clock.pass_(60)
    ownership.keep_up()
    assert ownership.claims.keys() == {MEMORIES, OTHER}
    assert before == ("database: away", True)
    assert (ownership.trouble, ownership.is_claiming) == (None, False)


def test_only_what_is_ours_and_not_yet_counted_is_left_to_do(ownership: Ownership) -> None:
    ownership.advance({MEMORIES: 5})
    stranger = TopicPartition("memories", 9)
    assert offsets(ownership.still_to_do(batch(3, 4, 5, 6))) == [5, 6]
    assert offsets(ownership.still_to_do(batch(5, source=stranger))) == []


def test_in_doubt_the_row_decides_what_is_left(ownership: Ownership, rows: Rows) -> None:
    rows.rows[MEMORIES] = replace(rows.rows[MEMORIES], next_offset=7)
    assert offsets(ownership.still_to_do(batch(5, 6, 7))) == [5, 6, 7]
    ownership.doubt()
    assert offsets(ownership.still_to_do(batch(5, 6, 7))) == [7]


def test_doubt_remains_while_the_database_is_away(ownership: Ownership, rows: Rows) -> None:
    ownership.doubt()
    rows.is_away = True
    for _ in range(2):
        with pytest.raises(Transient):
            ownership.still_to_do(batch(0))
    rows.is_away = False
    assert offsets(ownership.still_to_do(batch(0))) == [0]


@pytest.mark.parametrize("vanished", [False, True])
def test_in_doubt_a_raised_epoch_or_a_vanished_row_is_a_loss(
    ownership: Ownership, rows: Rows, group: Group, vanished: bool
) -> None:
    rows.claim({MEMORIES: NOTHING})
    if vanished:
        del rows.rows[MEMORIES]
    ownership.doubt()
    assert offsets(ownership.still_to_do(batch(0))) == []
    assert group.started.keys() == {OTHER}


def test_a_lost_partition_is_not_snatched_back_at_once(
    ownership: Ownership, rows: Rows, group: Group, clock: HandClock
) -> None:
    rows.claim({MEMORIES: NOTHING})
    ownership.lose([MEMORIES])
    assert offsets(ownership.still_to_do(batch(0))) == []
    clock.pass_(SETTLING_SECONDS - 1)
    ownership.keep_up()
    assert MEMORIES not in ownership.claims
    assert MEMORIES not in group.started
    clock.pass_(2)
    ownership.keep_up()
    assert ownership.claims[MEMORIES].epoch == 3, "the group never said that it went elsewhere"
    assert MEMORIES in group.started


def test_a_lost_partition_that_went_elsewhere_is_let_go(ownership: Ownership, group: Group, clock: HandClock) -> None:
    ownership.lose([MEMORIES])
    ownership.still_to_do(batch(0))
    group.next = Changes(gone=frozenset({MEMORIES}))
    clock.pass_(SETTLING_SECONDS + 1)
    ownership.keep_up()
    assert MEMORIES not in ownership.claims


def test_where_the_database_went_back_so_do_we(ownership: Ownership, rows: Rows, group: Group) -> None:
    """A fail-over or a restore lost commits: their records are read again, not jumped over."""
    ownership.advance({MEMORIES: 20})
    rows.rows[MEMORIES] = replace(rows.rows[MEMORIES], next_offset=10)
    ownership.doubt()
    assert offsets(ownership.still_to_do(batch(20, 21))) == []
    ownership.keep_up()
    assert group.started[MEMORIES] == 10
    assert ownership.claims[MEMORIES] == Claim(MEMORIES, 2, 10, 1)


def test_an_operator_who_moves_the_position_of_an_idle_partition_is_followed(
    ownership: Ownership, rows: Rows, group: Group, clock: HandClock
) -> None:
    rows.move_by_hand(MEMORIES, 40)
    clock.pass_(LOOK_AGAIN_SECONDS)
    ownership.keep_up()
    assert ownership.claims[MEMORIES] == Claim(MEMORIES, 3, 40, 2)
    assert group.started == {MEMORIES: 40, OTHER: 0}


def test_an_operator_whom_a_write_runs_into_is_followed_at_once(ownership: Ownership, rows: Rows, group: Group) -> None:
    rows.move_by_hand(MEMORIES, 40)
    ownership.lose([MEMORIES])
    assert offsets(ownership.still_to_do(batch(0, 1))) == []
    ownership.keep_up()
    assert group.started == {MEMORIES: 40, OTHER: 0}


def test_a_consumer_that_claims_an_idle_partition_is_believed(
    ownership: Ownership, rows: Rows, group: Group, clock: HandClock
) -> None:
    rows.claim({MEMORIES: NOTHING})
    clock.pass_(LOOK_AGAIN_SECONDS)
    ownership.keep_up()
    assert group.started.keys() == ownership.claims.keys() == {OTHER}


def test_that_the_database_is_away_shows_while_nothing_comes(
    ownership: Ownership, rows: Rows, group: Group, clock: HandClock
) -> None:
    rows.is_away = True
    clock.pass_(LOOK_AGAIN_SECONDS)
    ownership.keep_up()
    assert ownership.trouble == "database: away"
    assert group.started.keys() == {MEMORIES, OTHER}, "they are ours still"
    rows.is_away = False
    clock.pass_(60)
    ownership.keep_up()
    assert ownership.trouble is None


def test_the_rows_are_not_looked_at_in_every_turn(ownership: Ownership, rows: Rows, clock: HandClock) -> None:
    rows.is_away = True
    clock.pass_(LOOK_AGAIN_SECONDS - 1)
    ownership.keep_up()
    assert ownership.trouble is None


def test_a_write_that_was_refused_though_the_row_is_ours_is_not_tried_again_at_once(
    ownership: Ownership, group: Group
) -> None:
    ownership.lose([MEMORIES])
    assert offsets(ownership.still_to_do(batch(0))) == []
    ownership.keep_up()
    assert group.started.keys() == {OTHER}


def test_a_partition_that_can_not_be_looked_up_keeps_no_other_waiting(rows: Rows, clock: HandClock) -> None:
    group = GroupWithout(MEMORIES)
    ownership = Ownership(group, rows, clock)
    ownership.keep_up()
    assert ownership.claims.keys() == {OTHER}
    assert ownership.is_claiming
    assert ownership.trouble == "no leader"


def test_a_partition_that_can_not_be_started_keeps_no_other_waiting(group: Group, rows: Rows, clock: HandClock) -> None:
    group.unstartable = MEMORIES
    ownership = Ownership(group, rows, clock)
    ownership.keep_up()
    assert ownership.claims.keys() == {OTHER}
    group.unstartable = None
    clock.pass_(60)
    ownership.keep_up()
    assert ownership.claims.keys() == group.started.keys() == {MEMORIES, OTHER}
    assert ownership.trouble is None


def test_what_was_put_down_is_claimed_anew(ownership: Ownership, group: Group) -> None:
    group.next = Changes(gone=frozenset({OTHER}))
    ownership.put_down()
    assert (ownership.claims, group.started) == ({}, {})
    ownership.note_changes()
    assert (ownership.claims, ownership.is_claiming) == ({}, True)
    ownership.keep_up()
    assert {source: claim.epoch for source, claim in ownership.claims.items()} == {MEMORIES: 2}


def test_partitions_are_claimed_many_at_a_time(rows: Rows, group: Group, clock: HandClock) -> None:
    many = frozenset(TopicPartition("memories", number) for number in range(CLAIMED_AT_ONCE * 2 + 1))
    group.next = Changes(assigned=many)
    ownership = Ownership(group, rows, clock)
    ownership.keep_up()
    assert ownership.claims.keys() == group.started.keys() == many
    assert rows.transactions == 3


def test_what_an_operator_did_is_forgotten_once_kafka_has_a_position_of_ours(
    group: Group, rows: Rows, ownership: Ownership
) -> None:
    ownership.keep_up()
    assert rows.forgotten == []
    group.next = Changes(stamped=frozenset({MEMORIES}))
    ownership.keep_up()
    ownership.keep_up()
    assert rows.forgotten == [MEMORIES]


def test_where_the_database_is_away_it_is_forgotten_later(
    group: Group, rows: Rows, ownership: Ownership, clock: HandClock
) -> None:
    rows.is_away = True
    group.next = Changes(stamped=frozenset({MEMORIES}))
    ownership.keep_up()
    rows.is_away = False
    clock.pass_(60)
    ownership.keep_up()
    assert rows.forgotten == [MEMORIES]


def test_of_what_was_taken_away_meanwhile_nothing_is_forgotten(group: Group, rows: Rows, ownership: Ownership) -> None:
    group.next = Changes(gone=frozenset({MEMORIES}), stamped=frozenset({MEMORIES}))
    ownership.keep_up()
    assert rows.forgotten == []


def test_many_partitions_that_can_not_be_looked_up_are_one_failure(rows: Rows, clock: HandClock) -> None:
    """They are asked for again as soon as if it were one."""
    group = GroupWithout(*(TopicPartition("memories", number) for number in range(50)))
    ownership = Ownership(group, rows, clock)
    ownership.keep_up()
    group.leaderless = ()
    clock.pass_(0.5)
    ownership.keep_up()
    assert len(ownership.claims) == 50


def test_trouble_about_a_partition_ends_with_our_title_to_it(group: Group, rows: Rows, clock: HandClock) -> None:
    rows.is_away = True
    ownership = Ownership(group, rows, clock)
    ownership.keep_up()
    assert ownership.trouble == "database: away"
    group.next = Changes(gone=frozenset({MEMORIES, OTHER}))
    rows.is_away = False
    clock.pass_(60)
    ownership.keep_up()
    assert ownership.trouble is None


def test_claims_that_take_long_leave_time_for_a_poll(clock: HandClock) -> None:
    many = [TopicPartition("memories", number) for number in range(5 * CLAIMED_AT_ONCE)]
    group, rows = Group(), SlowRows(clock)
    group.next = Changes(assigned=frozenset(many))
    ownership = Ownership(group, rows, clock)
    turns = 0
    while len(ownership.claims) < len(many):
        ownership.keep_up()
        turns += 1
    assert (rows.transactions, turns) == (5, 5)


class SlowRows(Rows):
    """Each claim takes ten seconds."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__()
        self._clock = clock

    def claim(self, found: Mapping[TopicPartition, Found]) -> dict[TopicPartition, Claim]:
        self._clock.pass_(10)
        return super().claim(found)
