"""librdkafka's own cluster, with errors to order: what no healthy broker can be made to answer.

with MockCluster(brokers=2) as cluster:
    cluster.create_topic("memories", partitions=2)
    client = connect(cluster.address)
    cluster.refuse(Api.PRODUCE, KafkaError.NOT_ENOUGH_REPLICAS, times=3)    # the next three are answered so
    cluster.asked(Api.PRODUCE)          # how many came since the cluster started
    cluster.take_down(1)                # broker 1 drops its connections, and is away
    cluster.bring_up(1)

It is driven through the C interface (rdkafka_mock.h) of the library that the Python binding has loaded already: the
binding itself offers the cluster, but no way to make it ill.
"""

import ctypes
from ctypes import POINTER, byref, c_char_p, c_int, c_int16, c_int32, c_size_t, c_void_p
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Self

import confluent_kafka

_PRODUCER, _CONFIGURED = 0, 0
_TEXT_BYTES = 512
_JOIN_DELAY_MS = 50


class Api(IntEnum):
    """Requests, by their numbers in Kafka's protocol."""

    PRODUCE = 0
    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    OFFSET_COMMIT = 8
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    JOIN_GROUP = 11
    HEARTBEAT = 12
    SYNC_GROUP = 14
    INIT_PRODUCER_ID = 22


class MockCluster:
    """A cluster in this process, of brokers numbered from 1. Its methods may be called from any thread."""

    def __init__(self, brokers: int = 1) -> None:
        self._brokers = brokers
        self._client: int | None = None
        self._cluster: int | None = None

    def __enter__(self) -> Self:
        library, why = _library(), ctypes.create_string_buffer(_TEXT_BYTES)
        settings = library.rd_kafka_conf_new()
        refused = library.rd_kafka_conf_set(settings, b"log_level", b"2", why, _TEXT_BYTES)
        self._client = library.rd_kafka_new(_PRODUCER, settings, why, _TEXT_BYTES)
        assert self._client and refused == _CONFIGURED, why.value
        self._cluster = library.rd_kafka_mock_cluster_new(self._client, self._brokers)
        library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, _JOIN_DELAY_MS)
        library.rd_kafka_mock_start_request_tracking(self._cluster)
        return self

    def __exit__(self, *_: object) -> None:
        library, cluster, client = _library(), self._cluster, self._client
        self._cluster = self._client = None
        library.rd_kafka_mock_cluster_destroy(cluster)
        library.rd_kafka_destroy(client)

    @property
    def address(self) -> str:
        """The bootstrap servers."""
        return str(_library().rd_kafka_mock_cluster_bootstraps(self._cluster).decode())

    def create_topic(self, topic: str, partitions: int) -> None:
        """Make a topic. One that was not made has four partitions, and comes into being when it is asked for."""
        _done(_library().rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, self._brokers))

    def refuse(self, api: Api, error: int, times: int) -> None:
        """Answer the next requests of that kind with an error, whichever broker they come to."""
        errors = (c_int * times)(*[error] * times)
        _library().rd_kafka_mock_push_request_errors_array(self._cluster, api, times, errors)

    def grant(self, api: Api) -> None:
        """Answer requests of that kind in order again."""
        _library().rd_kafka_mock_clear_request_errors(self._cluster, api)

    def refuse_at(self, broker: int, api: Api, error: int, times: int) -> None:
        """The same of one broker."""
        errors_and_delays = [c_int(each) for _ in range(times) for each in (error, 0)]
        push = _library().rd_kafka_mock_broker_push_request_error_rtts
        _done(push(self._cluster, broker, api, times, *errors_and_delays))

    def asked(self, api: Api) -> int:
        """How many requests of that kind have come."""
        library, number = _library(), c_size_t()
        requests = library.rd_kafka_mock_get_requests(self._cluster, byref(number))
        asked = [library.rd_kafka_mock_request_api_key(requests[place]) for place in range(number.value)]
        library.rd_kafka_mock_request_destroy_array(requests, number)
        return asked.count(api)

    def take_down(self, broker: int) -> None:
        """Break the broker's connections, and accept no new ones."""
        _done(_library().rd_kafka_mock_broker_set_down(self._cluster, broker))

    def bring_up(self, broker: int) -> None:
        """Accept connections again."""
        _done(_library().rd_kafka_mock_broker_set_up(self._cluster, broker))

    def slow(self, broker: int, seconds: float) -> None:
        """Have the broker hold every answer back for so long; 0 ends it."""
        _done(_library().rd_kafka_mock_broker_set_rtt(self._cluster, broker, int(seconds * 1_000)))

    def lead(self, topic: str, partition: int, broker: int) -> None:
        """Make the broker the leader of a partition."""
        _done(_library().rd_kafka_mock_partition_set_leader(self._cluster, topic.encode(), partition, broker))

    def coordinate(self, group: str, broker: int) -> None:
        """Make the broker the coordinator of a group."""
        _done(_library().rd_kafka_mock_coordinator_set(self._cluster, b"group", group.encode(), broker))


def _done(error: int) -> None:
    assert error == 0, f"the mock cluster refuses: {error}"


@cache
def _library() -> ctypes.CDLL:
    """The library that the binding has brought along, with the types of what is called in it."""
    package = Path(confluent_kafka.__file__).parent
    (path,) = *package.parent.glob("confluent_kafka.libs/librdkafka*"), *package.glob(".dylibs/librdkafka*")
    library = ctypes.CDLL(str(path))
    for name, (result, *arguments) in _SIGNATURES.items():
        function = getattr(library, f"rd_kafka_{name}")
        function.restype, function.argtypes = result, arguments
    return library


_SIGNATURES = {
    "conf_new": (c_void_p,),
    "conf_set": (c_int, c_void_p, c_char_p, c_char_p, c_char_p, c_size_t),
    "new": (c_void_p, c_int, c_void_p, c_char_p, c_size_t),
    "destroy": (None, c_void_p),
    "mock_cluster_new": (c_void_p, c_void_p, c_int),
    "mock_cluster_destroy": (None, c_void_p),
    "mock_cluster_bootstraps": (c_char_p, c_void_p),
    "mock_topic_create": (c_int, c_void_p, c_char_p, c_int, c_int),
    "mock_group_initial_rebalance_delay_ms": (None, c_void_p, c_int32),
    "mock_push_request_errors_array": (None, c_void_p, c_int16, c_size_t, POINTER(c_int)),
    "mock_clear_request_errors": (None, c_void_p, c_int16),
    "mock_broker_push_request_error_rtts": (c_int, c_void_p, c_int32, c_int16, c_size_t),
    "mock_start_request_tracking": (None, c_void_p),
    "mock_get_requests": (POINTER(c_void_p), c_void_p, POINTER(c_size_t)),
    "mock_request_api_key": (c_int16, c_void_p),
    "mock_request_destroy_array": (None, POINTER(c_void_p), c_size_t),
    "mock_broker_set_down": (c_int, c_void_p, c_int32),
    "mock_broker_set_up": (c_int, c_void_p, c_int32),
    "mock_broker_set_rtt": (c_int, c_void_p, c_int32, c_int),
    "mock_partition_set_leader": (c_int, c_void_p, c_char_p, c_int32, c_int32),
    "mock_coordinator_set": (c_int, c_void_p, c_char_p, c_char_p, c_int32),
}
