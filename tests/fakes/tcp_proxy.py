"""A TCP proxy that a test can make ill: a network that hangs, breaks, or crawls.

with TcpProxy.before(url) as proxy:
    client = connect(proxy.instead(url))
    proxy.pause()           # connections stand, nothing passes
    proxy.resume()          # what was held up passes
    proxy.cut()             # connections are reset, new ones are refused
    proxy.mend()            # new ones are accepted again
    proxy.forget()          # the next data breaks its connection, as a firewall does that forgot it
    proxy.slow(0.05)        # each piece of data waits so long; 0 ends it
    proxy.cut_at(b"COMMIT", Moment.DURING)   # the next COMMIT is done, and nobody hears of it

with flapping(proxy, up=0.3, down=0.2):      # cut and mended in turns
    ...
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from threading import Event, Lock, Thread
from typing import Self
from urllib.parse import urlsplit

from consumer.devstack.loopback import HOST, free_port

PIECE = 65_536


class Moment(Enum):
    """When a connection breaks, seen from what the client says to the server."""

    BEFORE = "the server never hears it"
    DURING = "the server does it; its answer is lost"
    AFTER = "the server does it; the client has the answer, and then no connection any more"
    LATE = "the server hears it when `release` is called; the client may have given up long before"


class _Link:
    """A connection of a client, and the one to the server behind it. `breaks` is what is to become of them."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.near = near
        self.far = far
        self.breaks: Moment | None = None


class TcpProxy:
    """Passes bytes between a free loopback port and a server. Its methods may be called from any thread."""

    def __init__(self, host: str, port: int) -> None:
        # Not one that the system gives to outgoing connections: they would take it while we refuse them.
        self.port = free_port()
        self._server = (host, port)
        self._flows = Event()
        self._flows.set()
        self._ended = Event()
        self._forgets = Event()
        self._delay = 0.0
        self.sprung = Event()
        """Set once the words that `cut_at` was told have passed."""
        self._trap: tuple[bytes, Moment] | None = None
        self._released = Event()
        self._lock = Lock()
        self._sockets: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._accepting: Thread | None = None

    @classmethod
    def before(cls, url: str) -> Self:
        """One that stands before the server of a `redis://` or `postgresql://` URL."""
        address = urlsplit(url)
        return cls(address.hostname or HOST, address.port or (6379 if address.scheme == "redis" else 5432))

    def instead(self, url: str) -> str:
        """The URL that leads through here, and is the same otherwise."""
        address = urlsplit(url)
        user, at, _ = address.netloc.rpartition("@")
        return address._replace(netloc=f"{user}{at}{HOST}:{self.port}").geturl()

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.resume()
        self.release()
        self.cut()

    def pause(self) -> None:
        """Let nothing pass, and keep the connections."""
        self._flows.clear()

    def resume(self) -> None:
        """Let pass what was held up, and all that follows."""
        self._flows.set()

    def slow(self, seconds: float) -> None:
        """Hold each piece of data up for so long."""
        self._delay = seconds

    def forget(self) -> None:
        """Break the connection that is used next, when it is used: nobody sees it coming."""
        self._forgets.set()

    def cut_at(self, words: bytes, moment: Moment) -> None:
        """Break the connection over which a client says these words next, at that moment. Others are left alone."""
        self._released.clear()
        self.sprung.clear()
        self._trap = (words, moment)

    def release(self) -> None:
        """Let the server hear what `Moment.LATE` holds back. Words that nobody has said by now break nothing."""
        with self._lock:
            self._trap = None
        self._released.set()

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        with self._lock:
            listener, self._listener = self._listener, None
            sockets, self._sockets = self._sockets, set()
        if listener is not None and self._accepting is not None:
            _end(listener)
            # As long as its thread is in `accept`, the port is taken.
            self._accepting.join()
        for connection in sockets:
            _end(connection)

    def mend(self) -> None:
        """Accept connections (again), always on the same port. What is well already stays as it is."""
        if self._listener is not None:
            return
        listener = socket.create_server(("127.0.0.1", self.port))
        with self._lock:
            self._listener = listener
        self._accepting = Thread(target=self._accept, args=(listener,), daemon=True)
        self._accepting.start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                link = _Link(near, socket.create_connection(self._server))
                with self._lock:
                    self._sockets |= {link.near, link.far}
                    if self._listener is not listener:
                        _end(near)
                Thread(target=self._up, args=(link,), daemon=True).start()
                Thread(target=self._down, args=(link,), daemon=True).start()

    def _up(self, link: _Link) -> None:
        for piece in self._pieces(link.near):
            link.breaks = link.breaks or self._sprung_by(piece)
            if link.breaks is Moment.BEFORE:
                break
            if link.breaks is Moment.LATE:
                self._released.wait()
            if not _sent(link.far, piece):
                break
        _end(link.near)
        _end(link.far)

    def _down(self, link: _Link) -> None:
        for piece in self._pieces(link.far):
            # Asked before it is sent: whoever has this answer may say the words next, and these are answered as well.
            breaks = link.breaks
            if breaks is Moment.DURING or not _sent(link.near, piece) or breaks is Moment.AFTER:
                break
        _end(link.near)
        _end(link.far)

    def _pieces(self, source: socket.socket) -> Iterator[bytes]:
        """What comes, as fast as it may pass, until the connection breaks."""
        with suppress(OSError):
            while piece := source.recv(PIECE):
                self._flows.wait()
                if self._forgets.is_set():
                    self._forgets.clear()
                    return
                if self._delay:
                    self._ended.wait(self._delay)
                yield piece

    def _sprung_by(self, piece: bytes) -> Moment | None:
        with self._lock:
            if self._trap is None or self._trap[0] not in piece:
                return None
            (_, moment), self._trap = self._trap, None
        self.sprung.set()
        return moment


@contextmanager
def flapping(proxy: TcpProxy, *, up: float, down: float) -> Iterator[None]:
    """Connections are good for `up` seconds, broken and refused for `down`, and so on. All is mended at the end."""
    ended = Event()

    def flap() -> None:
        while not ended.wait(up):
            proxy.cut()
            ended.wait(down)
            proxy.mend()

    flaps = Thread(target=flap)
    flaps.start()
    try:
        yield
    finally:
        ended.set()
        flaps.join()


def _sent(target: socket.socket, piece: bytes) -> bool:
    try:
        target.sendall(piece)
    except OSError:
        return False
    return True


def _end(connection: socket.socket) -> None:
    """Closing alone would not wake a thread that waits on the socket."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
