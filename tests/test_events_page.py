"""docs/events.md: its examples are valid, its code runs, its list of codes is whole."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from consumer.adapters.avro import AvroDecoder, SchemaDirectory
from consumer.devstack.broken_events import BREAKAGES
from consumer.memory import wording
from consumer.memory.contract import current_schema, schema_directory
from consumer.memory.json_form import read_event
from consumer.memory.model import MemoryEvent
from consumer.memory.wording import Wording
from consumer.records import Record, TopicPartition

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def codes_on_the_page() -> set[str]:
    rows = PAGE.split("| code | because |")[1].splitlines()
    return {code for row in rows if row.startswith("| ") for code in re.findall(r"`([a-z0-9_]+)`", row.split("|")[1])}


def test_every_example_in_json_is_a_valid_event() -> None:
    examples = blocks("json")
    assert len(examples) == 3
    for example in examples:
        assert isinstance(read_event(example.encode()), MemoryEvent), read_event(example.encode())


def test_the_example_in_python_makes_what_the_consumer_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (example,) = blocks("python")
    made: dict[str, Any] = {}
    exec(compile(ast.parse(example), "docs/events.md", "exec"), made)  # noqa: S102 - the page's own code
    decoder = AvroDecoder(SchemaDirectory(schema_directory()))
    event = decoder.decode(Record(TopicPartition("t", 0), 0, made["key"], made["value"], (), -1))
    assert event == read_event(blocks("json")[0].encode())


def test_every_code_of_a_field_error_is_on_the_page() -> None:
    known = {each.code for each in vars(wording).values() if isinstance(each, Wording)}
    assert known - codes_on_the_page() == set()


def test_every_code_of_a_broken_value_is_on_the_page() -> None:
    assert {breakage.code for breakage in BREAKAGES} - codes_on_the_page() == set()


def test_every_field_is_on_the_page() -> None:
    memory = current_schema()["fields"][-1]["type"][1]
    names = [field["name"] for record in (current_schema(), memory) for field in record["fields"]]
    assert [name for name in names if f"| `{name}` |" not in PAGE] == []
