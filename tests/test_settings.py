"""Settings: where they come from, which wins, and how they are refused."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from consumer.errors import SettingsError
from consumer.memory.legacy import FORMS
from consumer.settings import load
from consumer.settings.fields import FIELDS, GROUPS
from consumer.settings.masking import masked
from consumer.settings.reference import reference


def refused(environment: Mapping[str, str], **more: object) -> str:
    with pytest.raises(SettingsError) as refusal:
        load(environment=environment, **more)  # type: ignore[arg-type]
    return str(refusal.value)


def test_defaults_are_valid_and_the_dead_letter_topic_follows_from_the_first_topic() -> None:
    settings = load(environment={"CONSUMER_TOPICS": "memories, more"}).settings
    assert settings.kafka.topics == ("memories", "more")
    assert settings.kafka.dead_letter_topic == "memories-dlq"
    assert settings.batch.batch_size == 1_000


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".yaml", "batch_size: 7\ntopics: [a, b]\ncontinue_on_error: false\nkafka:\n  fetch.min.bytes: 9\n"),
        (".toml", 'batch_size = 7\ntopics = ["a", "b"]\ncontinue_on_error = false\n[kafka]\nfetch.min.bytes = 9\n'),
    ],
)
def test_a_file_in_either_format(tmp_path: Path, suffix: str, content: str) -> None:
    file = tmp_path / f"consumer{suffix}"
    file.write_text(content)
    settings = load(environment={"CONSUMER_CONFIG_FILE": str(file)}).settings
    assert (settings.batch.batch_size, settings.kafka.topics) == (7, ("a", "b"))
    assert settings.batch.continue_on_error is False
    assert settings.kafka.kafka == {"fetch.min.bytes": "9"}


def test_the_later_source_wins_and_each_value_tells_its_source(tmp_path: Path) -> None:
    file = tmp_path / "consumer.yaml"
    file.write_text("batch_size: 1\nbatch_max_wait_ms: 1\nmax_record_bytes: 2048\nredis_timeout_ms: 1\n")
    loaded = load(
        file=file,
        environment={
            "CONSUMER_BATCH_SIZE": "2",
            "CONSUMER_BATCH_MAX_WAIT_MS": "2",
            "CONSUMER_DATABASE_URL": "sqlite:///e",
        },
        assignments=["batch_size=3", "database_url=sqlite:///s"],
        flags={"database_url": "sqlite:///f", "topics": None},
    )
    shown = {name: (value, source) for name, value, source in loaded.effective()}
    assert shown["batch_size"] == ("3", "flag")
    assert shown["batch_max_wait_ms"] == ("2", "environment")
    assert shown["redis_timeout_ms"] == ("1", f"file {file}")
    assert shown["database_url"] == ("sqlite:///f", "flag")
    assert shown["topics"] == ("memory-events", "default")


def test_librdkafka_properties_pass_through() -> None:
    loaded = load(environment={"CONSUMER_KAFKA__SASL_PASSWORD": "hidden", "CONSUMER_KAFKA__FETCH_MIN_BYTES": "5"})
    assert loaded.settings.kafka.kafka == {"sasl.password": "hidden", "fetch.min.bytes": "5"}
    assert ("kafka.sasl.password", "***", "environment") in loaded.effective()


def test_everything_wrong_is_said_at_once_with_name_value_source_and_what_it_may_be() -> None:
    said = refused(
        {
            "CONSUMER_BATCH_SIZE": "0",
            "CONSUMER_BATCH_SIZ": "5",
            "CONSUMER_BLOOM_ERROR_RATE": "high",
            "CONSUMER_TOPICS": "a,a",
            "CONSUMER_REDIS_URL": "host:6379",
        },
        assignments=["log_level=loud", "kafka.group.id=x"],
    )
    assert said.splitlines() == [
        "7 settings are wrong:",
        "  CONSUMER_BATCH_SIZ = '5' (environment): there is no such setting; did you mean CONSUMER_BATCH_SIZE?",
        "  --set kafka.group.id = 'x' (flag): can't be passed through: set CONSUMER_GROUP_ID",
        "  CONSUMER_TOPICS = 'a,a' (environment): must be names of different topics, separated by commas",
        "  CONSUMER_BATCH_SIZE = '0' (environment): must be a whole number from 1 to 100,000",
        "  CONSUMER_REDIS_URL = 'host:6379' (environment): must be redis://host:6379/0, rediss://... or unix://...",
        "  CONSUMER_BLOOM_ERROR_RATE = 'high' (environment): must be a number above 0 and below 0.5",
        "  --set log_level = 'loud' (flag): must be debug or info or warning or error",
    ]


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({"CONSUMER_MODE": "guess"}, ["CONSUMER_MODE", "memory or memory+dedup"]),
        ({"CONSUMER_SIMILARITY_REVIEW": "0.9"}, ["CONSUMER_SIMILARITY_REVIEW", "similarity_folded"]),
        ({"CONSUMER_DLQ_TOPIC": "memory-events"}, ["CONSUMER_DLQ_TOPIC", "among the topics"]),
        (
            {"CONSUMER_TOPICS": "a,b", "CONSUMER_TOPIC_FORMS": "a=v1,c=row"},
            ["CONSUMER_TOPIC_FORMS", "names c", "not among the topics"],
        ),
        ({"CONSUMER_TOPIC_FORMS": "memory-events=v2"}, ["CONSUMER_TOPIC_FORMS", "v0, v1 or row"]),
        (
            {"CONSUMER_TOPIC_FORMS": "memory-events=v1,memory-events=row"},
            ["CONSUMER_TOPIC_FORMS", "each topic once"],
        ),
        (
            {"CONSUMER_KAFKA__SESSION_TIMEOUT_MS": "20000"},
            ["CONSUMER_DATABASE_IDLE_TIMEOUT_SECONDS", "session.timeout.ms"],
        ),
        ({"CONSUMER_KAFKA__SESSION_TIMEOUT_MS": "long"}, ["CONSUMER_KAFKA__SESSION_TIMEOUT_MS", "whole number"]),
        ({"CONSUMER_KAFKA__MAX_POLL_INTERVAL_MS": "soon"}, ["CONSUMER_KAFKA__MAX_POLL_INTERVAL_MS", "whole number"]),
        (
            {"CONSUMER_DATABASE_STATEMENT_TIMEOUT_SECONDS": "76"},
            ["CONSUMER_DATABASE_STATEMENT_TIMEOUT_SECONDS", "max.poll.interval.ms (300 s)", "at least 303 s"],
        ),
        (
            {"CONSUMER_KAFKA__MAX_POLL_INTERVAL_MS": "254000"},
            ["CONSUMER_DATABASE_STATEMENT_TIMEOUT_SECONDS = '60'", "max.poll.interval.ms (254 s)", "at least 255 s"],
        ),
        ({"CONSUMER_DLQ_TIMEOUT_SECONDS": "30"}, ["CONSUMER_DLQ_TIMEOUT_SECONDS", "database_idle_timeout_seconds"]),
        (
            {"CONSUMER_KAFKA__ENABLE_AUTO_COMMIT": "true"},
            ["CONSUMER_KAFKA__ENABLE_AUTO_COMMIT", "database has the data"],
        ),
        (
            {"CONSUMER_KAFKA__ENABLE_AUTO_OFFSET_STORE": "true"},
            ["CONSUMER_KAFKA__ENABLE_AUTO_OFFSET_STORE", "database has the data"],
        ),
        ({"CONSUMER_KAFKA__AUTO_OFFSET_RESET": "latest"}, ["CONSUMER_KAFKA__AUTO_OFFSET_RESET"]),
    ],
)
def test_what_would_take_the_guarantee_away_is_refused(environment: dict[str, str], names: list[str]) -> None:
    said = refused(environment)
    assert said.startswith("a setting is wrong:")
    assert all(name in said for name in names)


def test_properties_of_librdkafka_in_one_setting_are_refused_with_the_form_that_they_have() -> None:
    said = refused({"CONSUMER_KAFKA": '{"sasl.password": "hidden"}'})
    assert "hidden" not in said
    assert "each property of librdkafka is a setting of its own, as in CONSUMER_KAFKA__SESSION_TIMEOUT_MS" in said
    assert "as in kafka.session.timeout.ms" in refused({}, assignments=["kafka=x"])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("batch_size: [", "can't be read"),
        ("- a\n- b\n", "holds no settings"),
        ("batch:\n  batch_size: 5\n", "only `kafka`"),
        ("batch_sizes: 5\n", "did you mean batch_size?"),
        ("batch_size: true\n", "must be a whole number"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_its_name(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "consumer.yaml"
    file.write_text(content)
    said = refused({}, file=file)
    assert says in said
    assert str(file) in said


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    assert "can't be read" in refused({"CONSUMER_CONFIG_FILE": str(tmp_path / name)})


def test_an_assignment_without_a_value_is_refused() -> None:
    assert "there is no =" in refused({}, assignments=["batch_size"])


def test_empty_variables_and_what_kubernetes_adds_for_a_service_count_as_unset() -> None:
    environment = {
        "CONSUMER_REDIS_URL": "",
        "CONSUMER_SERVICE_HOST": "10.0.0.1",
        "CONSUMER_SERVICE_PORT_METRICS": "9000",
        "CONSUMER_PORT": "tcp://10.0.0.1:9000",
        "CONSUMER_PORT_9000_TCP_ADDR": "10.0.0.1",
        "CONSUMER_HEALTH_PORT": "tcp://10.0.0.1:8080",
    }
    assert load(environment=environment).given == {}


def test_a_setting_that_is_named_like_what_kubernetes_adds_is_taken() -> None:
    assert load(environment={"CONSUMER_HEALTH_PORT": "8080"}).settings.running.health_port == 8080


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("database_url", "postgresql://me:s3cret@db/memories", "postgresql://me:***@db/memories"),
        ("database_url", "postgresql://me:s3:c@ret@db/memories", "postgresql://me:***@db/memories"),
        (
            "database_url",
            "postgresql://db/memories?user=me&password=s3cret&x=1",
            "postgresql://db/memories?user=me&password=***&x=1",
        ),
        ("redis_url", "redis://:s3cret@cache:6379/0", "redis://:***@cache:6379/0"),
        ("redis_url", "redis://cache:6379/0", "redis://cache:6379/0"),
        ("kafka.sasl.password", "s3cret", "***"),
        ("kafka.ssl.key.pem", "-----BEGIN", "***"),
        ("kafka.ssl.key.location", "/etc/key.pem", "/etc/key.pem"),
        ("topics", "secret-diary", "secret-diary"),
    ],
)
def test_secrets_are_masked(name: str, value: str, shown: str) -> None:
    assert masked(name, value) == shown


def test_secrets_do_not_show_in_errors_or_in_a_repr() -> None:
    secret = "s3cret"
    assert secret not in refused({"CONSUMER_DATABASE_URL": f"mysql://me:{secret}@db/x", "CONSUMER_BATCH_SIZE": "0"})
    environment = {
        "CONSUMER_DATABASE_URL": f"postgresql://me:{secret}@db/x",
        "CONSUMER_REDIS_URL": f"redis://:{secret}@cache",
        "CONSUMER_KAFKA__SASL_PASSWORD": secret,
    }
    loaded = load(environment=environment)
    assert secret not in repr(loaded)
    assert secret not in repr(loaded.effective())


@pytest.mark.parametrize(
    "url", ["postgresql://me:x@h:notaport/db", "postgresql://h:/db", "postgresql://me:x@[::1/db", "sqlite://file.db"]
)
def test_a_database_url_that_leads_nowhere_is_refused(url: str) -> None:
    assert "must be postgresql://user:password@host:5432/name" in refused({"CONSUMER_DATABASE_URL": url})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://",
        "postgresql+psycopg://me:p#/?:w@db:5432/memories?sslmode=require",
        "postgresql://me@[::1]:5432/memories",
        "postgresql:///memories?host=/run/postgresql",
        "postgresql://db/memories?user=me@corp:x",
        "sqlite://",
        "sqlite:////var/lib/memories.db?mode=ro",
    ],
)
def test_a_database_url_may_be_as_short_or_as_odd_as_its_driver_allows(url: str) -> None:
    assert load(environment={"CONSUMER_DATABASE_URL": url}).settings.database.database_url == url


def test_a_topic_may_carry_any_old_form() -> None:
    pairs = {f"topic-{form}": form for form in FORMS}
    environment = {"CONSUMER_TOPICS": ",".join(pairs), "CONSUMER_TOPIC_FORMS": ",".join(map("=".join, pairs.items()))}
    assert load(environment=environment).settings.schemas.forms == pairs


def test_no_two_groups_share_a_name() -> None:
    assert len(FIELDS) == sum(len(model.model_fields) for model in GROUPS.values())


def test_the_page_of_settings_is_current() -> None:
    page = Path(__file__).parents[1] / "docs" / "configuration.md"
    assert page.read_text(encoding="utf-8") == reference(), (
        "write it anew: memory-consumer config reference > docs/configuration.md"
    )
