"""PostgreSQL is away, hangs, crawls, breaks again and again,
or refuses for a while: the loop waits, and ends exactly."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from consumer.adapters.sql.dialects import Timeouts
from consumer.adapters.sql.patience import Patience
from tests.chaos.loop import BATCHES, Connection, OpenLoop
from tests.chaos.troubles import BOUND, TROUBLES, Trouble, frozen, terminated
from tests.fakes.tcp_proxy import Moment, TcpProxy

WAITS = 2
"""How often the loop has to wait before the trouble passes."""


@pytest.mark.parametrize("trouble", [pytest.param(trouble, id=name) for name, trouble in TROUBLES.items()])
def test_what_passes_is_waited_for(open_loop: OpenLoop, straight: Connection, trouble: Trouble) -> None:
    loop = open_loop(trouble.timeouts)
    with ExitStack() as struck:

        def strike() -> None:
            loop.before_letter = lambda: None
            struck.enter_context(trouble.strikes(straight))

        def at_the_second_write(act: str, times: int) -> None:
            if (act, times) == ("write", 2) and trouble.inside:
                loop.before_letter = strike
            elif (act, times) == ("write", 2):
                strike()

        loop.before = at_the_second_write
        loop.waits = lambda times: struck.close() if trouble.inside or loop.acts.count("wait") >= WAITS else None
        loop.run()
    assert any(re.search(trouble.says, reason) for reason in loop.reasons), loop.reasons
    loop.check(straight)


def test_away(open_loop: OpenLoop, proxy: TcpProxy, straight: Connection) -> None:
    loop = open_loop()
    loop.before = lambda act, times: proxy.cut() if (act, times) == ("write", 2) else None
    loop.waits = lambda times: proxy.mend() if loop.acts.count("wait") == WAITS else None
    loop.run()
    assert "refused" in loop.reasons[-1]
    loop.check(straight)


def test_hanging(open_loop: OpenLoop, proxy: TcpProxy, straight: Connection) -> None:
    """A connection that is there, and one that is to be made."""
    loop = open_loop(patience=Patience(answer=0.5, transaction=60.0))
    loop.before = lambda act, times: proxy.pause() if (act, times) == ("write", 2) else None
    loop.waits = lambda times: proxy.resume() if loop.has_waited_for("timeout expired") else None
    loop.run()
    assert loop.has_waited_for("did not answer within")
    loop.check(straight)


@pytest.mark.skipif("MEMORY_CONSUMER_TEST_DATABASE_URL" in os.environ, reason="processes can be frozen here only")
def test_frozen(open_loop: OpenLoop, straight: Connection) -> None:
    """Until it wakes, each try runs into the locks that it holds."""
    loop = open_loop(Timeouts(lock=0.3), Patience(answer=1.0, transaction=60.0))
    with ExitStack() as struck:

        def strike() -> None:
            if loop.acts.count("done") == 1:
                loop.before_letter = lambda: None
                struck.enter_context(frozen(straight))

        loop.before_letter = strike
        loop.waits = lambda times: struck.close() if loop.has_waited_for("lock timeout") else None
        loop.run()
    assert loop.has_waited_for("did not answer within")
    loop.check(straight)


def test_slow(open_loop: OpenLoop, proxy: TcpProxy, straight: Connection) -> None:
    """Whatever each answer takes, as long as it comes in time nothing has to be done twice."""
    loop = open_loop()
    loop.before = lambda act, times: proxy.slow(0.02 if (act, times) == ("write", 2) else 0.0)
    loop.run()
    assert loop.acts.count("write") == BATCHES
    loop.check(straight)


def test_what_ends_a_copy_is_told(open_loop: OpenLoop, proxy: TcpProxy, straight: Connection) -> None:
    """Not that the rollback behind it failed, too."""
    loop = open_loop()

    def end_it() -> None:
        assert proxy.sprung.wait(BOUND)
        with terminated(straight):
            proxy.release()

    with ThreadPoolExecutor() as elsewhere:

        def at_the_second_write(act: str, times: int) -> None:
            if (act, times) == ("write", 2):
                proxy.cut_at(b"what good-", Moment.LATE)
                elsewhere.submit(end_it)

        loop.before = at_the_second_write
        loop.run()
    assert loop.reasons == ["database: terminating connection due to administrator command"]
    loop.check(straight)


def test_breaking_again_and_again(open_loop: OpenLoop, proxy: TcpProxy, straight: Connection) -> None:
    """Each try breaks at another statement, before the server hears it or before we hear of it."""
    words = [b"BEGIN", b"COPY", b"JOIN", b"INTO memories", b"INTO event_ledger", b"UPDATE partitions", b"COMMIT"]
    breaks = [(word, moment) for word in words for moment in (Moment.BEFORE, Moment.DURING)]
    loop = open_loop()

    def break_next(act: str, times: int) -> None:
        if act == "write" and breaks:
            proxy.cut_at(*breaks.pop(0))

    loop.before = break_next
    loop.run()
    assert loop.acts.count("wait") == 2 * len(words)
    loop.check(straight)
