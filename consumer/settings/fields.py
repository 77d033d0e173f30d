"""Every setting: its name, its default, what it may be, and what it is for.

The name of a setting is the same everywhere: `batch_size` in a file, `CONSUMER_BATCH_SIZE` in the environment,
`--set batch_size=500` on the command line. Names carry their unit.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from consumer.settings.describing import Words


class Group(BaseModel):
    """Settings that belong together. Frozen: what was validated stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _split(text: object) -> object:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if isinstance(text, str) else text


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise ValueError("must not name a topic twice")
    return names


TopicName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-zA-Z0-9._-]{1,249}$"),
    Words("a topic's name: letters, digits, dot, underscore, dash"),
]
Topics = Annotated[
    tuple[TopicName, ...],
    BeforeValidator(_split),
    AfterValidator(_distinct),
    Field(min_length=1),
    Words("names of different topics, separated by commas"),
]


def _each_topic_once(pairs: tuple[str, ...]) -> tuple[str, ...]:
    _distinct(tuple(pair.partition("=")[0] for pair in pairs))
    return pairs


TopicForms = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9._-]{1,249}=(v0|v1|row)$")], ...],
    BeforeValidator(_split),
    AfterValidator(_each_topic_once),
    Words("topic=form, separated by commas, each topic once; a form is v0, v1 or row"),
]
_SQLITE_URL = r"sqlite://([/?].*)?"
_POSTGRES_URL = r"postgresql(\+psycopg)?://([^:/]*(:[^@]*)?@)?(\[[^/?]+\]|[^/:?]*)(:\d{1,5})?([/?].*)?"
DatabaseUrl = Annotated[
    str,
    StringConstraints(pattern=f"^({_SQLITE_URL}|{_POSTGRES_URL})$"),
    Words("postgresql://user:password@host:5432/name or sqlite:///file"),
]
RedisUrl = Annotated[
    str,
    StringConstraints(pattern=r"^(rediss?|unix)://.+$"),
    Words("redis://host:6379/0, rediss://... or unix://..."),
]


class KafkaSettings(Group):
    """Where the records come from, and where those go that can't be processed."""

    kafka_bootstrap_servers: str = Field(
        default="localhost:9092", min_length=1, description="Brokers to start from, `host:port`, separated by commas."
    )
    topics: Topics = Field(default=("memory-events",), description="Topics to read, separated by commas.")
    group_id: str = Field(
        default="memory-consumer",
        min_length=1,
        max_length=255,
        description="The consumer group; each group has its own positions.",
    )
    dlq_topic: TopicName | None = Field(
        default=None,
        description="Topic for dead letters. It has to exist. Unset: the first topic's name with `-dlq` behind it.",
    )
    dlq_timeout_seconds: float = Field(
        default=15.0, ge=1, le=300, description="How long the dead letters of a batch may take to be acknowledged."
    )
    stalled_after_seconds: float = Field(
        default=60.0,
        ge=1,
        le=86_400,
        description="A partition that has more to read, and of which nothing came for so long, is reported as stalled.",
    )
    on_out_of_range: Literal["stop", "earliest"] = Field(
        default="stop",
        description="Where Kafka does not have the next offset, any more or yet: `stop`, for a person to decide, or go "
        "on at the `earliest` record, counting what was skipped.",
    )
    kafka: dict[str, str] = Field(
        default_factory=dict,
        repr=False,
        description="librdkafka properties, passed on as they are, by their own names.",
    )

    @property
    def dead_letter_topic(self) -> str:
        """The topic for dead letters, whether it was named or follows from the first topic."""
        return self.dlq_topic or f"{self.topics[0]}-dlq"

    @property
    def session_timeout(self) -> timedelta:
        """How long the group waits for a silent member before it gives its partitions away."""
        return timedelta(milliseconds=float(self.kafka.get("session.timeout.ms", "45000")))

    @property
    def max_poll_interval(self) -> timedelta:
        """How long the group waits for a member that is heard of, but asks for nothing."""
        return timedelta(milliseconds=float(self.kafka.get("max.poll.interval.ms", "300000")))


class BatchProcessingConfig(Group):
    """How records are gathered, and what becomes of the bad ones."""

    mode: Literal["memory", "memory+dedup"] = Field(
        default="memory",
        description="What is done with a valid event: `memory` stores it by its ids; `memory+dedup` also finds out"
        " which memories of an owner tell of one thing, and merges them.",
    )
    similarity_equal: float = Field(
        default=0.95, ge=0, le=1, description="Score from which on two memories are taken for one (`memory+dedup`)."
    )
    similarity_folded: float = Field(
        default=0.85, ge=0, le=1, description="Score from which on a memory is folded into another."
    )
    similarity_review: float = Field(
        default=0.70, ge=0, le=1, description="Score from which on a pair is marked for review."
    )
    candidates_per_key: int = Field(
        default=32,
        ge=1,
        le=1_000,
        description="Clusters looked at under one key of a memory's words, at most.",
    )
    batch_size: int = Field(default=1_000, ge=1, le=100_000, description="Records in a batch, at most.")
    batch_max_bytes: int = Field(
        default=16 * 1024 * 1024, ge=1_024, le=1024**3, description="Bytes of keys and values in a batch, at most."
    )
    batch_max_wait_ms: int = Field(
        default=500,
        ge=1,
        le=60_000,
        description="Age at which a batch is closed, from its first record on, in milliseconds.",
    )
    continue_on_error: bool = Field(
        default=True,
        description="Dead-letter records that can't be processed and go on. `false`: stop at the first;"
        " `validate_first` says what is written before.",
    )
    validate_first: bool = Field(
        default=False,
        description="With `continue_on_error` off: `true` writes nothing of a batch with a bad record in it, `false`"
        " writes what was read before that record.",
    )
    max_errors: int | None = Field(
        default=None,
        ge=0,
        description="Dead letters that are borne before the breaker opens, since the start or the last `resume`."
        " Each process counts its own. Unset: any number.",
    )
    max_error_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of dead letters among the last 1,000 records that is borne before the breaker opens: nothing"
        " is read any more until `resume`. Each process counts its own, since its start. 1: any share.",
    )
    max_error_share_min_records: int = Field(
        default=500, ge=1, le=1_000, description="Records that must be known before their share is judged."
    )
    log_progress: bool = Field(default=True, description="Log records, rate and outcomes every ten seconds.")
    max_record_bytes: int = Field(
        default=960 * 1024,
        ge=1_024,
        le=1024**3,
        description="A record with more bytes of key and value is a dead letter.",
    )
    max_event_ahead_seconds: float = Field(
        default=300.0, ge=0, le=86_400, description="An event that happens later than this after now is a dead letter."
    )


class SchemaSettings(Group):
    """What the bytes mean."""

    schema_directory: str | None = Field(
        default=None,
        min_length=1,
        description="Directory of `<name>.<schema id>.avsc` files. Unset: those that come with the program.",
    )
    topic_forms: TopicForms = Field(
        default=(),
        description="Topics that carry JSON of an [old form](legacy.md), as in `diary=v1,archive=row`. All others carry"
        " Avro.",
    )
    legacy_owner: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="Owner of the memories in those topics that name none. `@key`: the record's key names it. Unset:"
        " such records are dead letters.",
    )

    @property
    def forms(self) -> dict[str, str]:
        """The old form of each topic that carries one."""
        return {topic: form for topic, _, form in (pair.partition("=") for pair in self.topic_forms)}


class DatabaseSettings(Group):
    """Where memories are stored."""

    database_url: DatabaseUrl = Field(
        default="sqlite:///memory-consumer.db",
        repr=False,
        description="The database. A SQLite file is made and brought up to date on first use.",
    )
    database_connect_timeout_seconds: float = Field(
        default=5.0, ge=2, le=300, description="How long a connection may take."
    )
    database_lock_timeout_seconds: float = Field(
        default=10.0,
        ge=0.1,
        le=300,
        description="How long a statement waits for a lock before the batch is tried again.",
    )
    database_idle_timeout_seconds: float = Field(
        default=20.0,
        ge=2,
        le=600,
        description="How long a transaction may be silent before PostgreSQL ends it, so that a frozen process holds"
        " nobody up. Below the group's `session.timeout.ms`.",
    )
    database_statement_timeout_seconds: float = Field(
        default=60.0, ge=1, le=3_600, description="How long one statement may take before the batch is tried again."
    )
    ledger_retention_days: int = Field(
        default=90,
        ge=1,
        le=3_650,
        description="How long `db prune` keeps event ids: longer than the retention of the topics and of the"
        " dead-letter topic.",
    )
    effects_retention_days: int = Field(
        default=30, ge=1, le=3_650, description="How long `db prune` keeps the effect figures of single batches."
    )

    @property
    def answer_seconds(self) -> float:
        """How long we wait for an answer: long enough for a server that is alive to end the statement by itself."""
        return self.database_statement_timeout_seconds + 5.0


class DedupSettings(Group):
    """The Bloom filter that spares look-ups. It is a hint only: without it everything still comes out the same."""

    redis_url: RedisUrl | None = Field(
        default=None,
        repr=False,
        description="A Redis with the Bloom module. Unset: every id is looked up in the database.",
    )
    redis_timeout_ms: int = Field(
        default=200,
        ge=1,
        le=10_000,
        description="Past this the filter is left out for a while, and the database answers alone.",
    )
    bloom_capacity: int = Field(
        default=20_000_000, ge=1_000, le=10**10, description="Event ids that one generation of the filter has room for."
    )
    bloom_error_rate: float = Field(
        default=0.001,
        gt=0,
        lt=0.5,
        description="Share of new ids that the filter may take for known ones, all generations together.",
    )
    bloom_window_hours: float = Field(
        default=72.0, ge=0.01, le=8_760, description="How long a generation takes new ids."
    )
    bloom_generations: int = Field(
        default=2,
        ge=1,
        le=100,
        description="Generations that are asked, each at a price for every event; the oldest expires.",
    )


class RunningSettings(Group):
    """The process itself."""

    shutdown_timeout_seconds: float = Field(
        default=20.0, ge=0, le=600, description="Once asked to stop, how long the batch in hand may still be tried."
    )
    health_port: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        description="Port of the health endpoint, `/livez` and `/readyz`; further workers take those behind it."
        " Unset: none.",
    )
    health_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address that the health endpoint listens on. What it tells names hosts and tables, so others are"
        " let in only when asked for: `0.0.0.0` for Kubernetes, whose probes come from outside the pod.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="`auto`: text on a terminal, JSON lines otherwise. Logs go to stderr."
    )


class Settings(Group):
    """All of them."""

    kafka: KafkaSettings = KafkaSettings()
    batch: BatchProcessingConfig = BatchProcessingConfig()
    schemas: SchemaSettings = SchemaSettings()
    database: DatabaseSettings = DatabaseSettings()
    dedup: DedupSettings = DedupSettings()
    running: RunningSettings = RunningSettings()


GROUPS: dict[str, type[Group]] = {
    "kafka": KafkaSettings,
    "batch": BatchProcessingConfig,
    "schemas": SchemaSettings,
    "database": DatabaseSettings,
    "dedup": DedupSettings,
    "running": RunningSettings,
}
"""The groups by their names in `Settings`."""

FIELDS = {name: (group, field) for group, model in GROUPS.items() for name, field in model.model_fields.items()}
"""Each setting's group and definition, by its name. Names are unique across the groups."""
