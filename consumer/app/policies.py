"""What the parts are told to abide by, as the settings have it."""

from consumer.adapters.sql.dialects import Timeouts
from consumer.adapters.sql.merging.clustering import Clustering
from consumer.adapters.sql.merging.departures import Departures
from consumer.adapters.sql.patience import Patience
from consumer.batching import BatchLimits
from consumer.memory.merging.clusters import Rules
from consumer.memory.merging.similarity import Bands
from consumer.settings import BatchProcessingConfig, Settings
from consumer.settings.fields import DatabaseSettings
from consumer.tolerance import Tolerance


def limits(batch: BatchProcessingConfig) -> BatchLimits:
    """When a batch is closed."""
    return BatchLimits(batch.batch_size, batch.batch_max_bytes, batch.batch_max_wait_ms / 1000)


def tolerance(batch: BatchProcessingConfig) -> Tolerance:
    """How much bad data is borne."""
    return Tolerance(
        batch.continue_on_error,
        batch.max_errors,
        batch.max_error_share,
        batch.max_error_share_min_records,
        batch.validate_first,
    )


def membership(batch: BatchProcessingConfig) -> type[Clustering | Departures]:
    """What the mode makes of clusters."""
    return Departures if batch.mode == "memory" else Clustering


def bands_and_bounds(batch: BatchProcessingConfig) -> Rules:
    """What is taken for alike, or would be: whatever the mode."""
    bands = Bands(batch.similarity_equal, batch.similarity_folded, batch.similarity_review)
    return Rules(bands, at_most=batch.candidates_per_key)


def timeouts(settings: DatabaseSettings) -> Timeouts:
    """What PostgreSQL is told of our patience."""
    return Timeouts(
        idle=settings.database_idle_timeout_seconds,
        lock=settings.database_lock_timeout_seconds,
        statement=settings.database_statement_timeout_seconds,
    )


def patience(settings: Settings) -> Patience:
    """A third of the poll interval: a try is a look at the rows, a write, and another where partitions were lost."""
    poll_interval = settings.kafka.max_poll_interval.total_seconds()
    return Patience(answer=settings.database.answer_seconds, transaction=poll_interval / 3)
