"""Publishes all the time, and writes down what the broker acknowledged and how each record has to end."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from threading import Event, Thread
from typing import Any, Self

from confluent_kafka import Message, Producer

from consumer.devstack.disorderly_events import Sample, disorderly
from consumer.memory.model import MemoryEvent
from consumer.memory.raw_form import Raw
from tests import wire
from tests.chaos.siege.modes import Mode
from tests.chaos.siege.published import Note, Published

BOUND = 60.0
"""Seconds within which the broker has to acknowledge, or the siege is over."""

TICK_SECONDS = 0.1
LONG_STORY, SHORT_STORY = 2_000, 40
GHOSTS = 10
_QUIET = {"log_level": 0}

Told = Callable[[Mapping[int, int]], None]


class Publisher:
    """A thread that publishes so many records a second while inside the `with`.

    After each tick everything that was sent is acknowledged and written down, and `told` hears where the partitions
    end.
    """

    def __init__(
        self, bootstrap: str, topic: str, published: Published, told: Told, mode: Mode, *, seed: int, per_second: float
    ) -> None:
        self.ticks = 0
        self._topic = topic
        self._published = published
        self._told = told
        self._mode = mode
        self._per_second = per_second
        self._samples, self._ghosts = (_stories(random.Random(each), mode) for each in (seed, seed + 1))
        self._producer = Producer({**_QUIET, "bootstrap.servers": bootstrap, "enable.idempotence": True})
        self._transactional = Producer({**_QUIET, "bootstrap.servers": bootstrap, "transactional.id": f"{topic}-siege"})
        self._leave_gaps = Event()
        self._ended = Event()
        self._notes: list[Note] = []
        self._trouble: BaseException | None = None
        self._thread = Thread(target=self._run, name="publisher", daemon=True)

    def __enter__(self) -> Self:
        self._transactional.init_transactions(BOUND)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def leave_gaps(self) -> None:
        """Publish some records in a transaction, and others in one that is aborted: both leave offsets without one."""
        self._leave_gaps.set()

    def check(self) -> None:
        """Raises what ended the publishing, if something did."""
        if self._trouble is not None:
            raise self._trouble

    def finish(self) -> None:
        """Publish no more. What was sent is written down when this returns."""
        self._ended.set()
        self._thread.join(2 * BOUND)

    def _run(self) -> None:
        try:
            self._publish()
        except BaseException as trouble:  # noqa: BLE001 (raised again by `check`, in the thread that looks after all)
            self._trouble = trouble

    def _publish(self) -> None:
        due, last = 0.0, time.monotonic()
        while not self._ended.wait(TICK_SECONDS):
            now = time.monotonic()
            # After a broker that was away the rate is not made up for.
            due += self._per_second * min(1.0, now - last)
            last = now
            self._tick(int(due))
            due -= int(due)

    def _tick(self, records: int) -> None:
        self._send(self._producer, self._samples, records)
        self._write_down()
        if self._leave_gaps.is_set():
            self._leave_gaps.clear()
            self._commit_some()
            self._abort_some()
        self.ticks += 1

    def _commit_some(self) -> None:
        self._transactional.begin_transaction()
        self._send(self._transactional, self._samples, GHOSTS)
        self._transactional.commit_transaction(BOUND)
        self._write_down()

    def _abort_some(self) -> None:
        self._transactional.begin_transaction()
        self._send(self._transactional, self._ghosts, GHOSTS)
        self._transactional.abort_transaction(BOUND)
        self._notes.clear()

    def _send(self, producer: Producer, samples: Iterator[Sample], records: int) -> None:
        for _ in range(records):
            sample = next(samples)
            producer.produce(self._topic, sample.value, sample.key, on_delivery=self._noting(sample))
        assert producer.flush(BOUND) == 0, "the broker did not acknowledge everything in time"

    def _noting(self, sample: Sample) -> Callable[[Any, Message], None]:
        def delivered(error: Any, message: Message) -> None:
            assert error is None, str(error)
            partition, offset = message.partition(), message.offset()
            assert partition is not None and offset is not None
            ending = self._mode.ending(sample.outcome)
            self._notes.append(Note(partition, offset, sample.key, sample.value, ending))

        return delivered

    def _write_down(self) -> None:
        self._published.write_down(self._notes)
        self._notes.clear()
        self._told(self._published.ends())


def _stories(chance: random.Random, mode: Mode) -> Iterator[Sample]:
    """Two streams mixed: one in which everything happens, one of short stories that tell much of few memories."""
    long, short = (_endless(chance.getrandbits(32), length, mode) for length in (LONG_STORY, SHORT_STORY))
    while True:
        yield next(long if chance.random() < 0.7 else short)


def _endless(seed: int, length: int, mode: Mode) -> Iterator[Sample]:
    def encode(event: MemoryEvent | Raw) -> bytes:
        return wire.encode(mode.told(event)) if isinstance(event, MemoryEvent) else wire.encode_fields(event)

    for chapter in count(seed):
        yield from disorderly(length, chapter, encode)
