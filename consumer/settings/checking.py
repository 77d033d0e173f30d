"""What can be wrong with settings beyond a single value: unknown names, reserved ones, contradictions. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from consumer.errors import SettingsError
from consumer.settings.fields import FIELDS, BatchProcessingConfig, Settings
from consumer.settings.masking import masked
from consumer.settings.sources import KAFKA, Given, variable_of

RESERVED = {
    "bootstrap.servers": "set CONSUMER_KAFKA_BOOTSTRAP_SERVERS",
    "group.id": "set CONSUMER_GROUP_ID",
    "enable.auto.commit": "offsets are committed after the database has the data, and only then",
    "enable.auto.offset.store": "offsets are committed after the database has the data, and only then",
    "auto.offset.reset": "positions come from the database; an offset out of range has to be seen by a person",
}
"""librdkafka properties that would take the delivery guarantee away, and why."""

MILLISECONDS = (KAFKA + "session.timeout.ms", KAFKA + "max.poll.interval.ms")
"""Properties of librdkafka that ours are compared with."""


@dataclass(slots=True, frozen=True)
class Fault:
    """What is wrong with a setting."""

    given: Given
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.given.written} = {masked(self.given.name, self.given.text)!r} ({self.given.source}): {self.reason}"
        )


def refusal(faults: Sequence[Fault]) -> SettingsError:
    """One error for all of them: on one line where there is only one."""
    told = [*map(str, faults)]
    alone = len(faults) == 1
    return SettingsError(
        f"a setting is wrong: {told[0]}" if alone else "\n  ".join([f"{len(faults)} settings are wrong:", *told]),
        advice="memory-consumer config show lists all settings; docs/configuration.md describes them.",
    )


def by_themselves(given: Iterable[Given]) -> Iterator[Fault]:
    """Settings that are wrong whatever the others are: unknown, reserved, not a number."""
    for value in given:
        if reason := _unknown(value) or _reserved(value) or _no_number(value):
            yield Fault(value, reason)


def beside_a_batch(given: Iterable[Given]) -> Iterator[Fault]:
    """Settings that there are, but that say nothing of a batch: to a program without Kafka they mean nothing."""
    for value in given:
        is_of_a_batch = value.name in BatchProcessingConfig.model_fields
        if not is_of_a_batch and not _unknown(value):
            yield Fault(value, "says nothing of a batch, and means nothing here")


def together(settings: Settings, given: Mapping[str, Given]) -> Iterator[Fault]:
    """Settings that contradict one another."""
    kafka, database = settings.kafka, settings.database
    session, idle = kafka.session_timeout.total_seconds(), database.database_idle_timeout_seconds
    yield from _bands(settings.batch, given)
    if kafka.dead_letter_topic in kafka.topics:
        yield Fault(
            _given("dlq_topic", kafka.dead_letter_topic, given),
            "is among the topics to read, and letters would go in circles",
        )
    if strangers := sorted(settings.schemas.forms.keys() - set(kafka.topics)):
        yield Fault(
            _given("topic_forms", ",".join(settings.schemas.topic_forms), given),
            f"names {', '.join(strangers)}, which is not among the topics to read",
        )
    if idle >= session:
        yield Fault(
            _given("database_idle_timeout_seconds", f"{idle:g}", given),
            f"must be below session.timeout.ms ({session:g} s), or a frozen process holds up its successor",
        )
    if kafka.dlq_timeout_seconds >= idle:
        yield Fault(
            _given("dlq_timeout_seconds", f"{kafka.dlq_timeout_seconds:g}", given),
            f"must be below database_idle_timeout_seconds ({idle:g} s): a transaction is open while letters are sent",
        )
    if (needed := 3 * _longest_wait(settings)) > (interval := kafka.max_poll_interval.total_seconds()):
        yield Fault(
            _given("database_statement_timeout_seconds", f"{database.database_statement_timeout_seconds:g}", given),
            f"is too long for max.poll.interval.ms ({interval:g} s), which must be at least {needed:g} s: three times"
            " what connecting, one statement and the dead letters may take, or the group gives up on us while we wait",
        )


def _longest_wait(settings: Settings) -> float:
    """Seconds without a poll in which a try may get no further than one statement."""
    kafka, database = settings.kafka, settings.database
    return database.database_connect_timeout_seconds + database.answer_seconds + kafka.dlq_timeout_seconds


def _bands(batch: BatchProcessingConfig, given: Mapping[str, Given]) -> Iterator[Fault]:
    for lower, higher in pairwise(("similarity_review", "similarity_folded", "similarity_equal")):
        low, high = getattr(batch, lower), getattr(batch, higher)
        if low > high:
            yield Fault(_given(lower, f"{low:g}", given), f"must not be above {higher} ({high:g})")


def _unknown(value: Given) -> str:
    if value.name.startswith(KAFKA) or (value.name in FIELDS and value.name != "kafka"):
        return ""
    if value.name == KAFKA.rstrip("."):
        example = KAFKA + "session.timeout.ms"
        one = variable_of(example) if value.source == "environment" else example
        return f"each property of librdkafka is a setting of its own, as in {one}"
    near = get_close_matches(value.name, FIELDS, n=1)
    if not near:
        return "there is no such setting"
    meant = variable_of(near[0]) if value.source == "environment" else near[0]
    return f"there is no such setting; did you mean {meant}?"


def _reserved(value: Given) -> str:
    if not value.name.startswith(KAFKA):
        return ""
    why = RESERVED.get(value.name.removeprefix(KAFKA))
    return f"can't be passed through: {why}" if why else ""


def _no_number(value: Given) -> str:
    return "must be a whole number, in milliseconds" if value.name in MILLISECONDS and not value.text.isdigit() else ""


def _given(name: str, value: str, given: Mapping[str, Given]) -> Given:
    return given.get(name) or Given(name, value, variable_of(name), "default")
