"""The published contract: where the schemas of memory events lie, and which one is current."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

CURRENT_SCHEMA_ID = 1
"""The id on the wire of the schema that this version publishes: the number in `memory_event.1.avsc`."""


@cache
def schema_directory() -> Path:
    """The directory of the .avsc files: inside the installed package, or at the top of a checkout."""
    packaged = Path(str(files("consumer"))) / "schemas"
    return packaged if packaged.is_dir() else packaged.parents[1] / "schemas"


@cache
def current_schema() -> dict[str, Any]:
    """The current schema of a memory event, as it is published. Not to be changed by the caller."""
    text = (schema_directory() / f"memory_event.{CURRENT_SCHEMA_ID}.avsc").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
