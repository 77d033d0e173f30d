"""The health endpoint, asked over HTTP."""

import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from consumer.devstack.loopback import free_port
from consumer.errors import Fatal
from consumer.process.condition import Health
from consumer.process.health import Endpoint, HealthServer

LOOPBACK = "127.0.0.1"


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def port(endpoint: Endpoint) -> Iterator[int]:
    with HealthServer(LOOPBACK, 0, endpoint) as server:
        yield server.port


def ask(port: int, path: str) -> tuple[int, Any]:
    connection = HTTPConnection(LOOPBACK, port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, told


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_until_there_is_a_condition_to_tell_it_is_starting(port: int, path: str) -> None:
    status, told = ask(port, path)
    assert (status, told["waiting_for"]) == (503, "starting")


@pytest.mark.parametrize(
    ("live", "ready", "livez", "readyz"), [(True, True, 200, 200), (True, False, 200, 503), (False, False, 503, 503)]
)
def test_each_path_has_its_verdict_and_both_say_the_same(
    endpoint: Endpoint, port: int, live: bool, ready: bool, livez: int, readyz: int
) -> None:
    health = Health(live=live, ready=ready, waiting_for="no database", assigned=3, claimed=2, stalled=("memories[1]",))
    endpoint.tell = lambda: health
    assert ask(port, "/livez") == (livez, health.as_json())
    assert ask(port, "/readyz?verbose") == (readyz, health.as_json())


def test_other_paths_are_not_found(port: int) -> None:
    assert ask(port, "/metrics") == (404, {"paths": ["/livez", "/readyz"]})


def test_a_client_that_says_nothing_keeps_nobody_waiting(port: int) -> None:
    with socket.create_connection((LOOPBACK, port)):
        assert ask(port, "/livez")[0] == 503


def test_a_port_that_is_taken_is_refused_with_advice(port: int, endpoint: Endpoint) -> None:
    with pytest.raises(Fatal, match=f"{port}: Address already in use") as refusal:
        HealthServer(LOOPBACK, port, endpoint)
    assert "CONSUMER_HEALTH_PORT" in refusal.value.advice


def test_afterwards_the_port_is_free_again(endpoint: Endpoint) -> None:
    with HealthServer(LOOPBACK, free_port(), endpoint) as server:
        ask(server.port, "/livez")
    with HealthServer(LOOPBACK, server.port, endpoint) as again:
        assert again.port == server.port
