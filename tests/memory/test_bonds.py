"""What memories tell of two people, through time."""

from datetime import timedelta

import pytest

from consumer.memory.bonds import Reading, course_of, kind_between
from consumer.memory.model import RelationshipDynamics
from tests.stories import NOON


def reading(day: int, strength: float) -> Reading:
    return Reading(f"m{day}", "ann", NOON + timedelta(days=day), strength, "positive", None)


def test_a_straight_line_is_found_as_it_is() -> None:
    course = course_of([reading(10, 0.7), reading(0, 0.2), reading(4, 0.4)])
    assert course.mean == pytest.approx(1.3 / 3)
    assert (course.begins, course.ends, course.change) == pytest.approx((0.2, 0.7, 0.5))


def test_what_goes_up_and_down_alike_is_steady() -> None:
    assert course_of([reading(0, 0.1), reading(1, 0.9), reading(2, 0.1)]).change == pytest.approx(0)


@pytest.mark.parametrize("readings", [[reading(3, 0.4)], [reading(3, 0.2), reading(3, 0.6)]])
def test_one_moment_has_no_trend(readings: list[Reading]) -> None:
    course = course_of(readings)
    assert course.mean == course.begins == course.ends == pytest.approx(0.4)


def test_the_pair_is_meant_whoever_is_named_first() -> None:
    dynamics: RelationshipDynamics = {
        "communication_pattern": "open",
        "interaction_quality": "positive",
        "connection_strength": 0.5,
        "is_balanced": True,
        "concerning_patterns": [],
        "participant_dynamics": [
            {"participants": ["a", "c"], "kind": "neutral"},
            {"participants": ["b", "a"], "kind": "complex"},
        ],
    }
    assert kind_between(dynamics, "a", "b") == kind_between(dynamics, "b", "a") == "complex"
    assert kind_between(dynamics, "b", "c") is None
