"""A TCP proxy that a test can make ill: a network that hangs, breaks, or crawls.

with TcpProxy("127.0.0.1", 6379) as proxy:
    client = connect("127.0.0.1", proxy.port)
    proxy.pause()           # connections stand, nothing passes
    proxy.resume()          # what was held up passes
    proxy.cut()             # connections are reset, new ones are refused
    proxy.mend()            # new ones are accepted again
    proxy.forget()          # the next data breaks its connection, as a firewall does that forgot it
    proxy.slow(0.05)        # each piece of data waits so long; 0 ends it
"""

import socket
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Self

PIECE = 65_536


class TcpProxy:
    """Passes bytes between a free loopback port and a server. Its methods may be called from any thread."""

    def __init__(self, host: str, port: int) -> None:
        self.port = 0
        self._server = (host, port)
        self._flows = Event()
        self._flows.set()
        self._ended = Event()
        self._forgets = Event()
        self._delay = 0.0
        self._lock = Lock()
        self._sockets: set[socket.socket] = set()
        self._listener: socket.socket | None = None

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.resume()
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

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        with self._lock:
            listener, self._listener = self._listener, None
            sockets, self._sockets = self._sockets, set()
        if listener is not None:
            _end(listener)
        for connection in sockets:
            _end(connection)

    def mend(self) -> None:
        """Accept connections (again), always on the same port."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        with self._lock:
            self._listener = listener
        Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._server)
                with self._lock:
                    self._sockets |= {near, far}
                    if self._listener is not listener:
                        _end(near)
                Thread(target=self._pump, args=(near, far), daemon=True).start()
                Thread(target=self._pump, args=(far, near), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE):
                self._flows.wait()
                if self._forgets.is_set():
                    self._forgets.clear()
                    break
                if self._delay:
                    self._ended.wait(self._delay)
                target.sendall(piece)
        _end(source)
        _end(target)


def _end(connection: socket.socket) -> None:
    """Closing alone would not wake a thread that waits on the socket."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
