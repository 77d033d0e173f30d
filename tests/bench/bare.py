"""The bare loop: what a good engineer would write by hand for speed alone.

It consumes, decodes, copies, commits; nothing is validated, looked up, fenced, counted or traced. `python -m
tests.bench.bare JOB` runs it as a process of its own.
"""

import json
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from confluent_kafka import Consumer, KafkaException, Message
from fastavro import parse_schema, schemaless_reader

from tests.bench.job import Job
from tests.bench.layouts import Raw, named
from tests.bench.measuring import Meter
from tests.bench.staging import Staging

SCHEMA = Path(__file__).parents[2] / "schemas" / "memory_event.1.avsc"
FRAME_BYTES = 5
IDLE_SECONDS = 60.0


def main(job: Job) -> None:
    """Do the job."""
    schema = parse_schema(_plain(json.loads(SCHEMA.read_text(encoding="utf-8"))))
    staging = Staging(job.database, named(job.layout))
    consumer = _subscribed(job)
    meter = Meter(job.records, job.postgres_pid, rss_at=job.rss_at)
    left = job.records
    while left:
        messages = _consume(consumer, min(left, job.batch_size))
        staging.write(_decoded(message, schema) for message in messages)
        consumer.commit(asynchronous=False)
        left -= len(messages)
        meter.batch_done(len(messages))
    job.done(meter.result())
    consumer.close()
    staging.close()


def _subscribed(job: Job) -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": job.kafka,
            "group.id": job.group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([job.topic])
    return consumer


def _consume(consumer: Consumer, count: int) -> list[Message]:
    """A full batch: librdkafka hands over less only when nothing has come for too long."""
    messages = consumer.consume(count, timeout=IDLE_SECONDS)
    if len(messages) < count:
        raise RuntimeError(f"{len(messages)} of {count} records came within {IDLE_SECONDS:g} s")
    for message in messages:
        if error := message.error():
            raise KafkaException(error)
    return messages


def _decoded(message: Message, schema: Any) -> Raw:
    stream = BytesIO(message.value() or b"")
    stream.seek(FRAME_BYTES)
    return cast("Raw", schemaless_reader(stream, schema, None))


def _plain(node: Any) -> Any:
    """The schema with moments as plain longs and ids as text, which is quicker to read and all that COPY needs."""
    if isinstance(node, dict):
        return {name: _plain(value) for name, value in node.items() if name != "logicalType"}
    return [_plain(item) for item in node] if isinstance(node, list) else node


if __name__ == "__main__":
    main(Job.given())
