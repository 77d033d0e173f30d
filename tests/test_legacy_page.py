"""docs/legacy.md: its examples are converted, its codes and notes are those that there are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from consumer.memory.legacy import FORMS, Converted, to_current, to_old, wording
from consumer.memory.legacy.moods import EMOTIONS
from consumer.memory.legacy.provenance import NAMES
from consumer.memory.wording import Wording
from tests.memory.legacy.records import KNOWN

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "legacy.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", FORMS)
def test_the_example_of_each_form_has_every_field_and_goes_there_and_back(form: str) -> None:
    (example,) = re.findall(rf"^### {form},.*?```json\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
    record = json.loads(example)
    converted = to_current(FORMS[form], example.encode(), KNOWN)
    assert isinstance(converted, Converted)
    assert record.keys() == FORMS[form].fields.keys()
    assert to_old(FORMS[form], converted.event, KNOWN) == record


def test_the_example_in_python_runs_and_comes_to_what_the_page_says() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    made: dict[str, Any] = {}
    exec(compile(example, "docs/legacy.md", "exec"), made)  # noqa: S102 - the page's own code
    assert [error.code for error in made["result"]] == ["no_time"]


def test_every_code_is_on_the_page_or_on_that_of_events() -> None:
    events = (DOCS / "events.md").read_text(encoding="utf-8")
    codes = {each.code for each in vars(wording).values() if isinstance(each, Wording)}
    assert {code for code in codes if f"`{code}`" not in PAGE and f"`{code}`" not in events} == set()


def test_every_note_is_on_the_page() -> None:
    assert {name for name in NAMES if f"`{name}`" not in PAGE} == set()


def test_every_mood_is_on_the_page() -> None:
    moods = {f"{mood} {emotion}" for mood, emotion in EMOTIONS.items() if mood != emotion}
    assert {pair for pair in moods if pair not in PAGE} == set()
