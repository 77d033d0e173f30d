"""What was measured, as tables for eyes and as JSON."""

import os
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench.comparison import Compared
from tests.bench.layouts import LAYOUTS
from tests.bench.measuring import Measured, median, median_ratio

MIB = 1024 * 1024
Runs = Mapping[str, Sequence[Measured]]


def comparison_table(compared: Compared) -> Table:
    """The loops over one stream; medians of the rounds."""
    marks = sorted(next(iter(compared.runs.values()))[0].peak_rss)
    peaks = [f"peak MiB at {mark:,}" for mark in marks]
    table = _table(compared.title, "loop", "events/s", "of bare", "client CPU s/M", "PostgreSQL CPU s/M", *peaks)
    for title, runs in compared.runs.items():
        run = median(runs)
        memory = [f"{run.peak_rss[mark] / MIB:.0f}" for mark in marks]
        table.add_row(title, *_figures(run, _ratio(compared.runs, title)), *memory)
    return table


def layouts_table(runs: Runs) -> Table:
    """The layouts, with the first as yardstick; medians of the rounds."""
    yardstick = LAYOUTS[0].name
    columns = ("layout", "what", "events/s", f"of ({yardstick})", "client CPU s/M", "PostgreSQL CPU s/M", "log bytes")
    table = _table("table layouts", *columns, words=2)
    for layout in LAYOUTS:
        run = median(runs[layout.name])
        table.add_row(layout.name, layout.title, *_figures(run, _ratio(runs, layout.name)), f"{run.log_bytes:,.0f}")
    return table


def as_json(runs: Runs) -> dict[str, object]:
    """The same figures, by the name of what was run."""
    return {
        name: {
            "events_per_second": round(median(each).rate),
            "ratio": round(_ratio(runs, name), 3),
            "client_cpu_seconds_per_million": round(median(each).cpu_per_million, 1),
            "postgres_cpu_seconds_per_million": median(each).postgres_cpu_per_million,
            "log_bytes_per_event": median(each).log_bytes,
            "peak_rss_bytes": dict(median(each).peak_rss),
        }
        for name, each in runs.items()
    }


def show(*tables: Table) -> None:
    """Print tables on stdout, unwrapped where that is no terminal."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    for table in tables:
        console.print(table)


def conditions() -> str:
    """What the figures depend on, in a line."""
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return f"{os.cpu_count()} cores for client, broker, database and Redis together; load average {load}"


def _table(title: str, *columns: str, words: int = 1) -> Table:
    """The first columns hold words, the others numbers."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", show_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < words else "right")
    return table


def _figures(run: Measured, ratio: float) -> tuple[str, str, str, str]:
    postgres = run.postgres_cpu_per_million
    known = "" if postgres is None else f"{postgres:.1f}"
    return f"{run.rate:,.0f}", f"{ratio:.2f}", f"{run.cpu_per_million:.1f}", known


def _ratio(runs: Runs, name: str) -> float:
    """To the first of them, round by round: what stood next to one another in time had the same machine."""
    yardstick = next(iter(runs.values()))
    return median_ratio(zip(runs[name], yardstick, strict=True))
