"""When the loop ends."""

from consumer.batching import BatchLimits
from consumer.stopping import Bounds, Stop
from tests.fakes.clock import HandClock

LIMITS = BatchLimits(count=100)


def test_an_unbounded_run_ends_when_told_to() -> None:
    stop = Stop()
    bounds = Bounds(LIMITS, stop, HandClock())
    assert bounds.go_on()
    stop.request("SIGTERM")
    assert not bounds.go_on()
    assert stop.reason == "SIGTERM"


def test_a_run_of_n_messages_never_reads_more() -> None:
    bounds = Bounds(LIMITS, Stop(), HandClock(), max_messages=150)
    assert bounds.limits().count == 100
    bounds.batch_done(100)
    assert bounds.limits().count == 50
    assert bounds.go_on()
    bounds.batch_done(50)
    assert not bounds.go_on()


def test_idleness_counts_from_the_first_partition() -> None:
    clock = HandClock()
    bounds = Bounds(LIMITS, Stop(), clock, until_idle=2, joining=30)
    clock.pass_(20)
    assert bounds.go_on(), "still joining"
    bounds.turned(has_partitions=True)
    clock.pass_(1.9)
    assert bounds.go_on()
    bounds.batch_done(1)
    clock.pass_(1.9)
    assert bounds.go_on(), "a batch is not idleness"
    clock.pass_(0.2)
    assert not bounds.go_on()


def test_a_run_is_not_idle_while_partitions_are_still_to_be_claimed() -> None:
    clock = HandClock()
    bounds = Bounds(LIMITS, Stop(), clock, until_idle=2, joining=30)
    bounds.turned(has_partitions=True, is_busy=True)
    clock.pass_(1.9)
    bounds.turned(has_partitions=True, is_busy=True)
    clock.pass_(1.9)
    assert bounds.go_on(), "the database may be away; what is in the partition is not known"
    bounds.turned(has_partitions=True)
    clock.pass_(0.2)
    assert not bounds.go_on()


def test_a_group_with_no_partition_for_us_is_not_waited_for_for_ever() -> None:
    clock = HandClock()
    bounds = Bounds(LIMITS, Stop(), clock, until_idle=2, joining=30)
    clock.pass_(31.9)
    assert bounds.go_on()
    clock.pass_(0.2)
    assert not bounds.go_on()


def test_a_stop_ends_the_wait_in_which_it_is_asked_for() -> None:
    stop = Stop()
    is_over = Bounds(LIMITS, stop, HandClock()).end_of_wait()
    assert not is_over()
    stop.request("SIGTERM")
    assert is_over()


def test_a_wait_after_the_stop_lasts_as_long_as_patience_does() -> None:
    clock = HandClock()
    stop = Stop(clock.monotonic)
    stop.request("SIGTERM")
    is_over = Bounds(LIMITS, stop, clock, patience=10).end_of_wait()
    assert not is_over(), "or it would try again and again without a pause"
    clock.pass_(10)
    assert is_over()


def test_patience_with_a_batch_in_hand_starts_with_the_request_to_stop() -> None:
    clock = HandClock()
    stop = Stop(clock.monotonic)
    bounds = Bounds(LIMITS, stop, clock, patience=10)
    clock.pass_(100)
    assert not bounds.out_of_patience()
    stop.request("SIGTERM")
    clock.pass_(9.9)
    assert not bounds.out_of_patience()
    stop.request("SIGINT")
    clock.pass_(0.2)
    assert bounds.out_of_patience()
    assert stop.reason == "SIGTERM", "the first one counts"
