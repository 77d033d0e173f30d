"""Where the tests' services come from, and what happens without them."""

import pytest

from consumer.devstack.redis import Redis
from consumer.devstack.service import Service, Unavailable
from tests import conftest

VARIABLE = "MEMORY_CONSUMER_TEST_REDIS_URL"


def test_what_the_environment_names_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "redis://elsewhere")
    with conftest.service_address(VARIABLE, _not_to_be_had) as address:
        assert address == "redis://elsewhere"


def test_without_a_name_a_service_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with conftest.service_address(VARIABLE, Redis) as address:
        assert address.startswith("redis://127.0.0.1:")


def test_a_missing_service_skips_on_a_developers_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"it is not here. Buy one."):
        conftest.service_address(VARIABLE, _not_to_be_had).__enter__()


def test_a_missing_service_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(pytest.fail.Exception, match=r"it is not here. Buy one."):
        conftest.service_address(VARIABLE, _not_to_be_had).__enter__()


def _not_to_be_had() -> Service:
    raise Unavailable("it is not here", advice="Buy one.")
