"""The health endpoint: a consumer's condition over HTTP, for whoever decides whether to start it again.

    GET /livez     200 while the loop goes round, else 503
    GET /readyz    200 while everything assigned is claimed and nothing is waited for, else 503

Both answer the same JSON. A thread serves it, so that it answers also while the loop is held up.
"""

import json
import socket
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any, Self

import structlog

from consumer.errors import Fatal
from consumer.process.condition import STARTING, Health

log = structlog.get_logger(__name__)

SLOWEST_CLIENT_SECONDS = 5.0
"""How long a client may take over its request."""

CLOSING_SECONDS = 0.1
"""How often the thread looks whether it is to end."""

VERDICTS: dict[str, Callable[[Health], bool]] = {"/livez": lambda it: it.live, "/readyz": lambda it: it.ready}


class Endpoint:
    """Whom to ask for the consumer's condition. Until it has one to show, it is starting."""

    def __init__(self) -> None:
        self.tell: Callable[[], Health] = lambda: STARTING


class HealthServer:
    """Serves what the endpoint tells, while inside the `with`."""

    def __init__(self, host: str, port: int, endpoint: Endpoint) -> None:
        """Take the port; 0 takes any that is free. Raises `Fatal` where it can't be had."""
        try:
            self._server = _Server(host, port, endpoint)
        except OSError as refused:
            raise Fatal(
                f"can't serve health on {host}:{port}: {refused.strerror}",
                advice="Choose a port that is free with CONSUMER_HEALTH_PORT, or an address of this machine with"
                " CONSUMER_HEALTH_HOST.",
            ) from refused
        self._thread = Thread(target=self._server.serve_forever, args=(CLOSING_SECONDS,), name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port that it has."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingTCPServer):
    """Not `http.server`'s own, which asks the name server for the host's name before it listens."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, endpoint: Endpoint) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.endpoint = endpoint
        super().__init__((host, port), _Answer)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            log.error("health request not answered", exc_info=error)


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    timeout = SLOWEST_CLIENT_SECONDS

    def do_GET(self) -> None:
        """One question, one answer."""
        verdict = VERDICTS.get(self.path.partition("?")[0])
        if verdict is None:
            self._send(HTTPStatus.NOT_FOUND, {"paths": list(VERDICTS)})
            return
        health = self.server.endpoint.tell()
        self._send(HTTPStatus.OK if verdict(health) else HTTPStatus.SERVICE_UNAVAILABLE, health.as_json())

    def log_message(self, *_: object) -> None:
        """Probes come every few seconds and are no news."""

    def _send(self, status: HTTPStatus, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
