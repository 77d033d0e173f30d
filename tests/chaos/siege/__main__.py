"""`python -m tests.chaos.siege`: one long run of real consumers under a sequence of faults, and a verdict."""

import random
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from consumer.devstack.kafka import Kafka
from consumer.devstack.loopback import free_port
from consumer.devstack.postgres import Postgres
from consumer.devstack.redis import Redis, require_bloom
from consumer.errors import ConsumerError
from consumer.telemetry.progress import track
from tests.chaos.siege import faults
from tests.chaos.siege.driver import Driver
from tests.chaos.siege.modes import MODES, Mode
from tests.chaos.siege.report import Report, report, show, write_figures
from tests.chaos.siege.sequence import planned
from tests.chaos.siege.site import HOST, Broker, Services, built
from tests.fakes.tcp_proxy import TcpProxy

PER_SECOND = 150.0

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(epilog="Example: python -m tests.chaos.siege --faults 200 --seed 7")
def siege(
    *,
    faults: Annotated[int, typer.Option(min=1, help="How many faults; about one a second.")] = 1_000,
    mode: Annotated[Literal["memory", "memory+dedup"], typer.Option(help="That of the consumers.")] = "memory",
    seed: Annotated[int | None, typer.Option(min=0, help="Repeats the sequence of an earlier siege.")] = None,
    write: Annotated[Path | None, typer.Option(help="A page to write the figures to, between its marks.")] = None,
) -> None:
    """Consumers of one group on real Apache Kafka, PostgreSQL and Redis, started for it, under a sequence of faults.

    Exit 1 where a record is lost, doubled or altered, or a consumer gives up where waiting would have helped.
    """
    seed = random.SystemRandom().randrange(1 << 32) if seed is None else seed
    command = f"make proof MODE={mode} FAULTS={faults} SEED={seed}"
    typer.echo(f"The siege: {faults:,} faults. To repeat it: {command}", err=True)
    folder = Path(tempfile.mkdtemp(prefix="memory-consumer-siege-"))
    try:
        made = _besiege(MODES[mode], faults, seed, folder)
    except KeyboardInterrupt:
        shutil.rmtree(folder)
        raise
    show(made)
    if not made.is_clean:
        typer.echo(f"The logs of the consumers are in {folder}", err=True)
        raise typer.Exit(1)
    shutil.rmtree(folder)
    if write is not None:
        write_figures(write, mode, made, command)


def _besiege(mode: Mode, count: int, seed: int, folder: Path) -> Report:
    with (
        _services() as services,
        built(services, mode, folder, seed=seed, per_second=PER_SECOND) as site,
        track(count, "faults") as progress,
    ):
        return report(Driver(site, progress).run(planned(faults.of(mode, faults.ALL), count, seed)), site)


@contextmanager
def _services() -> Iterator[Services]:
    with Postgres(durable=True) as postgres, _broker() as (broker, address), Redis() as redis:
        require_bloom(redis.address)
        yield Services(address, postgres.address, redis.address, broker)


@contextmanager
def _broker() -> Iterator[tuple[Broker, str]]:
    """A broker that sends all its clients through a proxy."""
    port = free_port()
    with Kafka(advertised_port=port) as kafka:
        way = TcpProxy(HOST, int(kafka.address.rpartition(":")[2]))
        way.port = port
        with way:
            yield Broker(kafka.process.pid, way), f"{HOST}:{port}"


def main() -> None:
    """Run. Ctrl-C and SIGTERM end it, and what it started with it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app(prog_name="python -m tests.chaos.siege", standalone_mode=True)
    except ConsumerError as error:
        typer.echo(f"{error}. {error.advice}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
