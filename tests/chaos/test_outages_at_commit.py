"""The connection to PostgreSQL breaks around COMMIT: right before the server hears it, before its answer, behind that,
or so that the server hears it long after we gave up. What happened is found out by looking, never guessed."""

import pytest

from consumer.adapters.sql.dialects import Timeouts
from consumer.adapters.sql.patience import Patience
from tests.chaos.loop import BATCHES, Connection, OpenLoop
from tests.fakes.tcp_proxy import Moment, TcpProxy

COMMIT = b"COMMIT\0"


@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.DURING, Moment.AFTER])
@pytest.mark.parametrize("act", ["claim", "look"])
def test_a_commit_that_is_cut_off_is_done_once(
    open_loop: OpenLoop, proxy: TcpProxy, straight: Connection, act: str, moment: Moment
) -> None:
    """A look takes place only in doubt: then the write before it is cut off, too."""
    loop = open_loop()

    def cut(now: str, times: int) -> None:
        if times == 1 and now == act:
            proxy.cut_at(COMMIT, moment)
        elif times == 1 and now == "write" and act == "look":
            proxy.cut_at(COMMIT, Moment.BEFORE)

    loop.before = cut
    loop.run()
    assert proxy.sprung.is_set()
    loop.check(straight)


@pytest.mark.parametrize(
    ("moment", "follows"),
    [
        (Moment.BEFORE, ["write", "wait", "look", "write", "done"]),
        (Moment.DURING, ["write", "wait", "look", "write", "done"]),
        (Moment.AFTER, ["write", "done", "write", "wait", "look", "write", "done"]),
    ],
)
def test_what_is_committed_is_not_written_again(
    open_loop: OpenLoop, proxy: TcpProxy, straight: Connection, moment: Moment, follows: list[str]
) -> None:
    """Of a batch whose answer was lost the next write is the next batch's: the number of batches shows it."""
    loop = open_loop()
    loop.before = lambda act, times: proxy.cut_at(COMMIT, moment) if (act, times) == ("write", 2) else None
    loop.run()
    second = [place for place, act in enumerate(loop.acts) if act == "write"][1]
    assert loop.acts[second : second + len(follows)] == follows
    assert loop.acts.count("write") == (BATCHES if moment is Moment.DURING else BATCHES + 1)
    loop.check(straight)


def test_a_claim_that_arrives_after_we_gave_up_is_claimed_over(
    open_loop: OpenLoop, proxy: TcpProxy, straight: Connection
) -> None:
    """The late one is ours too, but nobody has its epoch in hand: only the claim after it counts."""
    loop = open_loop(Timeouts(lock=0.3), Patience(answer=1.0, transaction=60.0))
    loop.before = lambda act, times: proxy.cut_at(COMMIT, Moment.LATE) if (act, times) == ("claim", 1) else None
    loop.waits = lambda times: proxy.release() if loop.acts.count("claim") >= 2 else None
    loop.run()
    assert straight.execute("SELECT min(epoch) >= 2 FROM partitions").fetchone() == (True,)
    loop.check(straight)


@pytest.mark.parametrize("waits", [1, 3])
def test_a_commit_that_arrives_after_we_gave_up_is_found(
    open_loop: OpenLoop, proxy: TcpProxy, straight: Connection, waits: int
) -> None:
    """The transaction stands there with its locks meanwhile: each try runs into them, and writes nothing."""
    loop = open_loop(Timeouts(lock=0.3), Patience(answer=1.0, transaction=60.0))
    loop.before = lambda act, times: proxy.cut_at(COMMIT, Moment.LATE) if (act, times) == ("write", 2) else None
    loop.waits = lambda times: proxy.release() if loop.acts.count("wait") >= waits else None
    loop.run()
    assert loop.reasons[0] == "database: the database did not answer within 1 seconds"
    assert len(loop.reasons) >= waits
    assert loop.acts.count("done") == BATCHES - 1, "the batch in doubt was found to be done"
    loop.check(straight)
