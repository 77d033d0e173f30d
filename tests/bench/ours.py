"""The consumer itself, as its composition root builds it: `python -m tests.bench.ours JOB` runs it as a process."""

from consumer.app.consuming import consumer
from consumer.records import Batch, Written
from consumer.settings import BatchProcessingConfig, Settings
from consumer.settings.fields import DatabaseSettings, DedupSettings, KafkaSettings
from consumer.stopping import Stop
from consumer.telemetry.logging import configure_logging
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

    def turned(self) -> None:
        """Only batches count."""


def main(job: Job) -> None:
    """Do the job, everything at its default but the addresses and the size of a batch."""
    configure_logging()
    meter = Meter(job.records, job.postgres_pid, rss_at=job.rss_at)
    settings = Settings(
        kafka=KafkaSettings(kafka_bootstrap_servers=job.kafka, topics=(job.topic,), group_id=job.group),
        batch=BatchProcessingConfig(batch_size=job.batch_size, mode=job.mode),
        database=DatabaseSettings(database_url=job.database),
        dedup=DedupSettings(redis_url=job.redis_url),
    )
    with consumer(settings, Stop(), observers=[Metering(meter)], max_messages=job.records) as worker:
        worker.run()
    job.done(meter.result())


if __name__ == "__main__":
    main(Job.given())
