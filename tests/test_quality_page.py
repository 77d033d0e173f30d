"""docs/quality.md: its example runs, its list of warnings is whole."""

import ast
import re
from pathlib import Path

import pytest

from consumer.memory.cautions import CAUTIONS

PAGE = (Path(__file__).parent.parent / "docs" / "quality.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("example", re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL))
def test_an_example_in_python_is_true(example: str) -> None:
    exec(compile(ast.parse(example), "docs/quality.md", "exec"), {})  # noqa: S102 - the page's own code


def test_every_warning_is_on_the_page_with_its_field_and_component() -> None:
    for caution in CAUTIONS.values():
        (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{caution.code}` |"))
        assert f"| `{caution.path.removeprefix('memory.')}` |" in row
        assert row.split("|")[-2].split(":")[0].strip() == (caution.component or "none")
