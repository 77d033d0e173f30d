"""`run`: what its workers are given, and what it refuses."""

from typing import Any

import typer
from typer.testing import CliRunner

from consumer.cli import app, run
from consumer.settings import Settings, load


def test_each_worker_is_given_the_same_options_but_for_the_number_of_workers() -> None:
    command: Any = typer.main.get_command(app)
    arguments = ["--until-idle", "2.5", "--topics", "a,b", "--set", "batch_size=5", "--set", "log_level=debug"]
    with command.commands["run"].make_context("run", ["--workers", "3", *arguments]) as context:
        passed_on = run._same_options(context)
    pairs = set(zip(passed_on[::2], passed_on[1::2], strict=True))
    assert pairs == set(zip(arguments[::2], arguments[1::2], strict=True))


def test_a_number_of_messages_is_for_one_worker() -> None:
    ended = CliRunner().invoke(app, ["run", "--workers", "2", "--max-messages", "5"])
    assert ended.exit_code == 2
    assert "one worker" in ended.stderr


def test_each_worker_has_a_port_and_a_name_of_its_own() -> None:
    given = ["batch_size=5", "health_port=8080", "kafka.group.instance.id=node"]
    first, second = (loaded(arguments) for arguments in workers(given))
    assert [each.running.health_port for each in (first, second)] == [8080, 8081]
    assert [each.kafka.kafka["group.instance.id"] for each in (first, second)] == ["node-0", "node-1"]
    assert [each.batch.batch_size for each in (first, second)] == [5, 5]


def test_workers_that_need_nothing_of_their_own_are_started_alike() -> None:
    first, second = workers(["batch_size=5"])
    assert first == second


def workers(given: list[str]) -> list[list[str]]:
    """The options of two workers under these settings."""
    command: Any = typer.main.get_command(app)
    options = [part for each in given for part in ("--set", each)]
    with command.commands["run"].make_context("run", [*options]) as context:
        return [each[each.index("run") + 1 :] for each in run._commands(context, 2, loaded(options))]


def loaded(options: list[str]) -> Settings:
    """The settings that come of `--set` options."""
    return load(environment={}, assignments=options[1::2]).settings
