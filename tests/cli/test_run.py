"""`run`: what its workers are given, and what it refuses."""

from typing import Any

import typer
from typer.testing import CliRunner

from consumer.cli import app, run
from consumer.settings import load


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


def test_each_worker_has_a_port_of_its_own() -> None:
    command: Any = typer.main.get_command(app)
    given = ["--set", "batch_size=5", "--set", "health_port=8080"]
    with command.commands["run"].make_context("run", given) as context:
        commands = run._commands(context, 2, 8080)
        assert run._commands(context, 2, None)[0] == run._commands(context, 2, None)[1]
    loaded = [load(environment={}, assignments=each[each.index("run") + 2 :: 2]).settings for each in commands]
    assert [(each.running.health_port, each.batch.batch_size) for each in loaded] == [(8080, 5), (8081, 5)]
