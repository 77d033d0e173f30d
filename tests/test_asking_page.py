"""docs/asking.md: its example runs, and it has every option."""

import ast
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consumer.cli import app

PAGE = (Path(__file__).parent.parent / "docs" / "asking.md").read_text(encoding="utf-8")

EVERYWHERE = {"--limit", "--database-url", "--config", "--set", "--json", "--help"}


def test_the_example_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(ast.parse(example), "docs/asking.md", "exec"), {})  # noqa: S102 - the page's own code


def test_every_criterion_is_on_the_page() -> None:
    shown = CliRunner().invoke(app, ["memory", "search", "--help"], env={"COLUMNS": "200"}).stdout
    options = set(re.findall(r"│ (--[a-z-]+)", shown))
    assert options >= {"--owner", "--text"}
    assert {option for option in options - EVERYWHERE if f"`{option} " not in PAGE} == set()
