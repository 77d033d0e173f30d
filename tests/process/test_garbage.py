"""The garbage collector, kept from doing useless work."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from consumer.process.garbage import YOUNG_OBJECTS, seldom_collected


@contextmanager
def collections_noted() -> Iterator[list[int]]:
    """The generation of every collection that takes place."""
    generations: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            generations.append(info["generation"])

    gc.callbacks.append(note)
    try:
        yield generations
    finally:
        gc.callbacks.remove(note)


def make_objects(count: int) -> list[list[int]]:
    return [[number] for number in range(count)]


def test_a_batch_sets_off_no_collection() -> None:
    with seldom_collected(), collections_noted() as generations:
        make_objects(YOUNG_OBJECTS // 2)
    assert generations == []


def test_cycles_are_still_found() -> None:
    with seldom_collected(), collections_noted() as generations:
        make_objects(2 * YOUNG_OBJECTS)
    assert generations


def test_what_exists_is_left_alone() -> None:
    with seldom_collected():
        assert gc.get_freeze_count() > 10_000


def test_afterwards_it_is_as_before() -> None:
    thresholds = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), seldom_collected():
        _ = 1 / 0
    assert gc.get_threshold() == thresholds
    assert gc.get_freeze_count() == 0
