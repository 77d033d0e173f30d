"""Hears of every transaction that counts records, from the database itself."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import psycopg

from tests.chaos.siege.stalls import Stalls

LOOK_EVERY = 0.5
"""Seconds between two looks whether to end."""


TELLING = (
    # Partition, position, and how many records were counted.
    """CREATE FUNCTION siege_tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         PERFORM pg_notify(
           'siege', concat_ws(' ', NEW.partition, NEW.next_offset, NEW.records_read - OLD.records_read)
         );
         RETURN NULL;
       END $$""",
    """CREATE TRIGGER siege_tell AFTER UPDATE ON partitions FOR EACH ROW
       WHEN (NEW.records_read > OLD.records_read) EXECUTE FUNCTION siege_tell()""",
)
"""Statements after which the database tells of each commit."""


@contextmanager
def watching(connection: psycopg.Connection[Any], stalls: Stalls) -> Iterator[None]:
    """Tell `stalls` of every commit while inside. The connection is used by nobody else."""
    connection.execute("LISTEN siege")
    ended = Event()
    thread = Thread(target=_watch, args=(connection, stalls, ended), name="watching", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10 * LOOK_EVERY)


def _watch(connection: psycopg.Connection[Any], stalls: Stalls, ended: Event) -> None:
    while not ended.is_set():
        for told in connection.notifies(timeout=LOOK_EVERY):
            partition, next_offset, records = map(int, told.payload.split())
            stalls.committed(partition, next_offset, records, time.monotonic())
            if ended.is_set():
                return
