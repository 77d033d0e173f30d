"""Ports of this machine that nobody uses."""

import random
import socket
from contextlib import closing

HOST = "127.0.0.1"

_BELOW_OUTGOING_CONNECTIONS = range(20_000, 32_000)
"""Linux takes the near ends of outgoing connections from 32768 on: none can snatch a port between our look and the
server's bind."""


def free_port() -> int:
    """A TCP port on which nobody listens just now."""
    while True:
        port = random.choice(_BELOW_OUTGOING_CONNECTIONS)
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Whether a server could listen on the port."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
