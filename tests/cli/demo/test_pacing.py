"""The publisher's bound, with two threads."""

from threading import Event, Thread

import pytest

from consumer.cli.demo.pacing import Closed, Pace


def test_what_fits_is_let_through_at_once() -> None:
    pace = Pace(100)
    pace.publishing(60)
    pace.publishing(40)


def test_what_is_larger_than_the_bound_goes_alone() -> None:
    Pace(100).publishing(500)


@pytest.mark.parametrize("larger", [41, 500])
def test_the_rest_waits_until_there_is_room(larger: int) -> None:
    pace, through = Pace(100), Event()
    pace.publishing(60)

    def publish() -> None:
        pace.publishing(larger)
        through.set()

    Thread(target=publish, daemon=True).start()
    assert not through.wait(0.05)
    pace.consumed(60)
    assert through.wait(5)


def test_nobody_waits_for_a_consumer_that_is_gone() -> None:
    pace, ended = Pace(100), Event()
    pace.publishing(100)

    def publish() -> None:
        with pytest.raises(Closed):
            pace.publishing(1)
        ended.set()

    Thread(target=publish, daemon=True).start()
    pace.close()
    assert ended.wait(5)
