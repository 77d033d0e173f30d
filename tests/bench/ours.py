"""The consumer itself, as a process of its own: `python -m tests.bench.ours JOB`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
import time

from consumer.adapters.avro import AvroDecoder, SchemaDirectory
from consumer.adapters.bloom_generations import Generations
from consumer.adapters.kafka_source import KafkaSource
from consumer.adapters.no_filter import NoFilter
from consumer.adapters.redis_bloom import RedisBloomFilter
from consumer.adapters.sql.engine import open_engine
from consumer.adapters.sql.store import SqlStore
from consumer.batching import BatchLimits
from consumer.memory.contract import schema_directory
from consumer.ownership import Ownership
from consumer.planning import Planner
from consumer.ports import SeenFilter
from consumer.records import Batch, KeptPayload, Rejection, Written
from consumer.stopping import Bounds, Stop
from consumer.worker import Worker
from tests.bench.job import Job
from tests.bench.measuring import Meter


class Metering:
    """Tells the meter of every batch."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def batch_done(self, batch: Batch, written: Written, seconds: float) -> None:
        self._meter.batch_done(len(batch))

    def waiting(self, reason: str) -> None:
        raise RuntimeError(f"the measured consumer had to wait: {reason}")


class NoDeadLetters:
    """All records of the benchmark can be processed."""

    def send(self, rejections: Sequence[Rejection]) -> Sequence[KeptPayload]:
        raise RuntimeError(f"a record of the benchmark was refused: {rejections[0].message}")


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def main(job: Job) -> None:
    """Do the job."""
    meter = Meter(job.postgres_pid, rss_at=job.rss_at)
    clock = SystemClock()
    engine = open_engine(job.database)
    store = SqlStore(engine, job.group, clock)
    source = KafkaSource(job.kafka, job.group, [job.topic], clock)
    limits = BatchLimits(count=job.batch_size)
    Worker(
        source=source,
        ownership=Ownership(source, store, clock),
        planner=Planner(
            AvroDecoder(SchemaDirectory(schema_directory())), max_record_bytes=1 << 20, max_ahead=timedelta(minutes=5)
        ),
        seen=_filter(job, clock),
        store=store,
        dead_letters=NoDeadLetters(),
        clock=clock,
        bounds=Bounds(limits, Stop(), clock, max_messages=job.records),
        observer=Metering(meter),
    ).run()
    job.done(meter.finish())
    engine.dispose()


def _filter(job: Job, clock: SystemClock) -> SeenFilter:
    if job.redis_url is None:
        return NoFilter()
    generations = Generations(10_000_000, 0.001, timedelta(hours=24), 7)
    return RedisBloomFilter(job.redis_url, job.group, generations, clock)


if __name__ == "__main__":
    main(Job.given())
