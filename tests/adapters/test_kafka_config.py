"""What a member of the group is configured with."""

import pytest

from consumer.adapters.kafka.config import consumer_config

REFRESH = "topic.metadata.refresh.interval.ms"


@pytest.mark.parametrize(("properties", "refresh"), [({}, 30_000), ({REFRESH: "5000"}, "5000")])
def test_new_partitions_are_noticed_soon_unless_set_otherwise(properties: dict[str, str], refresh: object) -> None:
    assert consumer_config("127.0.0.1:1", "group", properties)[REFRESH] == refresh
