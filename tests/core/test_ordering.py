"""Which event of a memory wins."""

import pytest

from consumer.memory.ordering import State, Verdict, after, decide
from tests.stories import NOON, event

LIVING = State("ann", NOON, is_deleted=False)
DELETED = State(None, NOON, is_deleted=True)


@pytest.mark.parametrize(
    ("state", "minute", "owner", "deleted", "expected"),
    [
        (None, 0, "ann", False, Verdict.CREATED),
        (None, 0, "ann", True, Verdict.DELETED),
        (LIVING, 1, "ann", False, Verdict.UPDATED),
        (LIVING, 0, "ann", False, Verdict.UPDATED),
        (LIVING, -1, "ann", False, Verdict.OVERTAKEN),
        (LIVING, 1, "bob", False, Verdict.OWNER_CHANGED),
        (LIVING, -1, "bob", False, Verdict.OWNER_CHANGED),
        (LIVING, -1, "ann", True, Verdict.DELETED),
        (DELETED, 1, "ann", False, Verdict.OVERTAKEN),
        (DELETED, 1, "ann", True, Verdict.OVERTAKEN),
    ],
)
def test_one_event(state: State | None, minute: int, owner: str, deleted: bool, expected: Verdict) -> None:
    assert decide(state, event("e", minute=minute, owner=owner, deleted=deleted)) is expected


def test_the_state_that_an_event_leaves() -> None:
    assert after(event("e")) == LIVING
    assert after(event("e", deleted=True)) == DELETED
