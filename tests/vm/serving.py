"""A WSGI application at a port of this machine, for as long as a block runs."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from cdinfra.local.listener import make_server

POLL_SECONDS = 0.05


@contextmanager
def served(app: Any) -> Iterator[int]:
    """Answer on the port that is given out.

    Args:
        app: The WSGI application.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    server = make_server(listener, app)
    Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.shutdown()
        server.server_close()
        listener.close()
