"""JSON out of bytes or text, strictly: each key once, and whatever is wrong with it as a field error."""

import json
from collections import Counter
from typing import Any

from consumer.memory import wording
from consumer.memory.field_errors import NOTHING, FieldError


class NotJson(ValueError):
    """It is no JSON. `problem` says why in a few words, `fault` as the error of a record."""

    def __init__(self, problem: str, fault: FieldError) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fault = fault


def parse(text: bytes | str) -> Any:
    """The value. Raises `NotJson`, also for what is nested too deeply. NaN and infinities are let through."""
    try:
        return _decoder.decode(text if isinstance(text, str) else text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _not_json(error) from error


class _DuplicateKey(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _not_json(error: ValueError | RecursionError) -> NotJson:
    match error:
        case UnicodeDecodeError():
            return NotJson("it is not UTF-8", wording.INVALID_UTF8.error((), NOTHING, byte=error.start + 1))
        case _DuplicateKey():
            return NotJson("a key is given twice", wording.DUPLICATE_KEY.error((error.key,), NOTHING))
        case json.JSONDecodeError():
            problem = f"{error.msg[:1].lower()}{error.msg[1:]} at column {error.colno}"
        case RecursionError():
            problem = "it is nested too deeply"
        case _:
            problem = "it holds a number of too many digits"
    return NotJson(problem, wording.NOT_JSON.error((), NOTHING, problem=problem))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise _DuplicateKey(Counter(key for key, _ in pairs).most_common(1)[0][0])
    return fields


_decoder = json.JSONDecoder(object_pairs_hook=_unique)
