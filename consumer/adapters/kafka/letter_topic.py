"""The dead-letter topic: whether it is fit for letters, and what it takes."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self

from consumer.adapters.kafka.lookups import KafkaLookups
from consumer.deadletters.letter import Letter
from consumer.errors import Fatal

DEFAULT_MAX_MESSAGE_BYTES = 1_048_588
"""Kafka's own default, for where the cluster won't tell."""

LETTER_HEADROOM_BYTES = 64 * 1024
"""What a letter's headers take at most besides the record."""

ANY_PARTITION = -1


@dataclass(slots=True, frozen=True)
class LetterTopic:
    """What is known of it. `partitions` is 0 until it was looked up; `max_message_bytes` limits a batch of letters."""

    name: str
    partitions: int = 0
    max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES
    is_compacted: bool = False

    def looked_up(self, lookups: KafkaLookups) -> Self:
        """As the cluster has it. Raises `Fatal` where it is missing, `Transient` where no broker answers."""
        partitions = len(lookups.partitions(self.name))
        if not partitions:
            raise self.missing()
        if configuration := lookups.configuration(self.name):
            return replace(
                self,
                partitions=partitions,
                max_message_bytes=configuration.max_message_bytes,
                is_compacted=configuration.is_compacted,
            )
        return replace(self, partitions=partitions)

    def refuse_as_source(self, source_topics: Collection[str]) -> None:
        """Raises `Fatal` where it is one of the topics to read."""
        if self.name in source_topics:
            raise Fatal(
                f"the dead-letter topic {self.name} is among the topics to read: letters would come back for ever",
                advice="Set CONSUMER_DLQ_TOPIC to a topic of its own.",
            )

    def warnings(self, max_record_bytes: int) -> list[str]:
        """What a person should know who reads records of up to that many bytes."""
        warnings = []
        if self.is_compacted:
            warnings.append(
                f"the dead-letter topic {self.name} is compacted: of letters with one key it keeps the last, and "
                f"letters without a key it refuses. Set its cleanup.policy to delete"
            )
        largest = self.max_message_bytes - LETTER_HEADROOM_BYTES
        if max_record_bytes > largest:
            warnings.append(
                f"the dead-letter topic {self.name} takes messages of up to {self.max_message_bytes:,} bytes, but "
                f"records of up to {max_record_bytes:,} are read: letters of those over {max(0, largest):,} will hold "
                f"a reference, and the database keeps the payload. Raise the topic's max.message.bytes to have them "
                f"whole"
            )
        return warnings

    def partition_of(self, letter: Letter) -> int:
        """Where the letter goes: to the partition of its record, if the topic has as many."""
        return letter.partition if letter.partition < self.partitions else ANY_PARTITION

    def missing(self) -> Fatal:
        """There is no such topic."""
        return Fatal(
            f"the dead-letter topic {self.name} does not exist",
            advice=f"Create it (kafka-topics --create --topic {self.name}), or name another: CONSUMER_DLQ_TOPIC.",
        )

    def too_small(self) -> Fatal:
        """It does not even take a letter without anything that can be left out."""
        return Fatal(
            f"the dead-letter topic {self.name} refuses even the shortest letter as too large",
            advice=f"Raise the topic's max.message.bytes (kafka-configs --alter) to {DEFAULT_MAX_MESSAGE_BYTES}.",
        )
