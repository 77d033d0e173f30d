"""An event as a line of a file has it."""

from typing import Any

GOOD: dict[str, Any] = {
    "event_id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
    "event_type": "CREATED",
    "memory_id": "m-1",
    "occurred_at": "2026-03-01T12:00:00Z",
    "producer": "tests",
    "memory": {"owner_id": "ann", "content": "We went to the sea."},
}
