"""`python -m tests.bench`: how fast the consumer is, beside a loop that does nothing but move the data."""

from typing import Annotated

import typer

from consumer.cli.output import show_json
from consumer.errors import ConsumerError
from tests.bench import report
from tests.bench.checking import WrongResult
from tests.bench.comparison import compare
from tests.bench.job import LoopFailed
from tests.bench.layout_rates import measure_layouts
from tests.bench.rounds import say
from tests.bench.servers import started_database, started_servers

EXAMPLES = """Examples:\n
python -m tests.bench --events 50000 --rounds 1\n
python -m tests.bench --json | jq .\n
python -m tests.bench layouts --events 100000"""

Events = Annotated[int, typer.Option(min=4_000, help="Records in each stream.")]
Rounds = Annotated[int, typer.Option(min=1, max=20, help="How often everything is run; the medians are shown.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]

app = typer.Typer(invoke_without_command=True, add_completion=False, pretty_exceptions_enable=False, epilog=EXAMPLES)


@app.callback()
def comparison(context: typer.Context, *, events: Events = 200_000, rounds: Rounds = 3, as_json: Json = False) -> None:
    """The consumer beside the bare loop, on real Apache Kafka, PostgreSQL and Redis, started for it. About ten minutes.

    Exit 1 where a run stores something wrong. How fast it is, is for you to judge.
    """
    if context.invoked_subcommand is not None:
        return
    say(report.conditions())
    with started_servers() as servers:
        compared = compare(servers, events, rounds)
    if as_json:
        show_json({"events": events, **{each.title: report.as_json(each.runs) for each in compared}})
    else:
        report.show(*map(report.comparison_table, compared))


@app.command(epilog="Example: python -m tests.bench layouts --events 50000 --rounds 5")
def layouts(*, events: Events = 100_000, rounds: Rounds = 3, as_json: Json = False) -> None:
    """The table layouts that stood for choice, on PostgreSQL alone: staged COPY transactions of 1,000 events."""
    say(report.conditions())
    with started_database() as database:
        runs = measure_layouts(database, events, rounds)
    if as_json:
        show_json({"events": events, "layouts": report.as_json(runs)})
    else:
        report.show(report.layouts_table(runs))


def main() -> None:
    """Run; what goes wrong ends with what to do about it and exit code 1."""
    try:
        app(prog_name="python -m tests.bench")
    except (WrongResult, LoopFailed) as failed:
        say(str(failed))
    except ConsumerError as error:
        say(f"{error}. {error.advice}")
    else:
        return
    raise SystemExit(1)


if __name__ == "__main__":
    main()
