"""What the documents tell people to type exists: commands, their options, make's targets, settings."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
import yaml

from consumer.cli import app
from consumer.devstack.stack import CHOICES
from consumer.settings import load
from tests.project.files import ROOT

ADDRESSES = {
    "CONSUMER_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "CONSUMER_DATABASE_URL": "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "CONSUMER_REDIS_URL": "redis://127.0.0.1:6379/0",
}


def lines_for_the_shell() -> Iterator[tuple[str, str]]:
    """Every line of a ```sh block, continued lines joined, with the file that shows it."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for block in re.findall(r"^```sh\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                if line.strip() and not line.startswith("#"):
                    yield path.name, line


def commands_of_ours() -> list[tuple[str, tuple[str, ...]]]:
    """The words behind each `memory-consumer` that the documents show, once each."""
    found = {
        (file, tuple(shlex.split(call, comments=True)))
        for file, line in lines_for_the_shell()
        for call in re.findall(r"memory-consumer ([^|&;>)]+)", line)
    }
    return sorted(found)


def make_targets() -> list[tuple[str, str]]:
    """The targets that the documents show."""
    return sorted(
        {(file, name) for file, line in lines_for_the_shell() for name in re.findall(r"^make ([a-z-]+)", line)}
    )


@pytest.mark.parametrize(("file", "words"), commands_of_ours())
def test_a_command_that_is_shown_exists_with_its_options(file: str, words: tuple[str, ...]) -> None:
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while rest and hasattr(command, "commands"):
        name = rest.pop(0)
        assert name in command.commands, f"{file} shows `memory-consumer {shlex.join(words)}`: there is no {name}"
        command = command.commands[name]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    shown = {word.partition("=")[0] for word in rest if word.startswith("--")}
    assert shown <= known, f"{file} shows `memory-consumer {shlex.join(words)}`"


@pytest.mark.parametrize(("file", "target"), make_targets())
def test_a_target_that_is_shown_exists(file: str, target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), f"{file} shows `make {target}`"


def test_the_readme_shows_the_two_commands() -> None:
    assert {("README.md", "run"), ("README.md", "test")} <= set(make_targets())


def test_compose_gives_settings_that_exist() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name in ("consumer", "tables"):
        environment = services[name]["environment"]
        assert load(environment=environment).given.keys() >= {"database_url", "redis_url", "kafka_bootstrap_servers"}


def test_stack_up_prints_settings_that_exist() -> None:
    environment = {choice.variable: ADDRESSES[choice.variable] for choice in CHOICES}
    assert len(load(environment=environment).given) == len(environment)
