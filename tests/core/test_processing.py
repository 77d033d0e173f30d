"""Events without Kafka, where the store does not let them through."""

from collections.abc import Collection, Mapping
from datetime import timedelta

import pytest

from consumer.errors import OwnershipLost, Transient
from consumer.planning import Planner
from consumer.ports import Settlement
from consumer.processing import GivenEvents, Processor
from consumer.records import Claim, Found, Plan, TopicPartition, Written
from tests.fakes.clock import HandClock
from tests.stories import event


class Contested:
    """A store in which another processor always comes in between."""

    def __init__(self) -> None:
        self.claims = 0

    def claim(self, found: Mapping[TopicPartition, Found]) -> dict[TopicPartition, Claim]:
        self.claims += 1
        return {source: Claim(source, self.claims, 0, 0) for source in found}

    def write(
        self, plan: Plan, suspects: Collection[object], claims: Mapping[TopicPartition, Claim], settlement: Settlement
    ) -> Written:
        raise OwnershipLost(claims)

    def forget_obeyed(self, claims: Collection[Claim]) -> None:
        """Not asked."""

    def positions(self, sources: Collection[TopicPartition]) -> dict[TopicPartition, Claim]:
        raise NotImplementedError


def test_whom_others_leave_no_room_is_told_to_come_again() -> None:
    store, given = Contested(), GivenEvents()
    planner = Planner(given, max_record_bytes=10_000, max_ahead=timedelta(minutes=1))
    with pytest.raises(Transient, match="leave no room") as raised:
        Processor(store, given, planner, HandClock(), 10)([event("a")])
    assert isinstance(raised.value.__cause__, OwnershipLost)
    assert store.claims > 1
