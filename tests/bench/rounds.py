"""Runs in alternating rounds, so that whatever else the machine does hits all alike."""

import sys
from collections.abc import Callable, Mapping

from tests.bench.measuring import Measured


def in_rounds(rounds: int, subjects: Mapping[str, Callable[[], Measured]]) -> dict[str, list[Measured]]:
    """Run every subject once a round. Tells on stderr how it goes."""
    runs: dict[str, list[Measured]] = {name: [] for name in subjects}
    for number in range(1, rounds + 1):
        for name, run in subjects.items():
            measured = run()
            runs[name].append(measured)
            say(f"round {number}/{rounds}  {name:<28} {measured.rate:>9,.0f} events/s")
    return runs


def say(text: str) -> None:
    """A remark while it goes on."""
    print(text, file=sys.stderr, flush=True)
