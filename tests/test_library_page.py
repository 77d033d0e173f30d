"""docs/library.md: its example runs."""

import ast
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parent.parent / "docs" / "library.md").read_text(encoding="utf-8")


def test_the_example_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(ast.parse(example), "docs/library.md", "exec"), {})  # noqa: S102 - the page's own code
