"""The HTTP server: loopback, one thread a connection, connections kept open.

werkzeug's own request handler closes the connection after each answer; a boto3 client
keeps its connections, and does not have to connect again for each call when the server
does too.
"""

import io
import socket
from collections.abc import Iterable
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import DechunkedInput, ThreadedWSGIServer

from cdinfra.local.front import WsgiApp

IDLE_SECONDS = 120
"""A connection that is idle for longer is closed."""

WITHOUT_BODY = frozenset({204, 304})
LOOPBACK = "127.0.0.1"


class KeepAliveHandler(MotoRequestHandler):  # type: ignore[misc] # moto has no types
    """Answers one connection's requests, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS

    def run_wsgi(self) -> None:
        """Answer one request."""
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        environ = self.make_environ()
        # The whole body is read here: what an application left unread would be taken for
        # the next request.
        body = _read_body(environ)
        environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_exc: object) -> None:
            started[:] = (status, headers)

        chunks = self.server.app(environ, start_response)
        answer = _joined(chunks)
        status, headers = started
        self._send(status, headers, answer)

    def log_request(self, *_args: object) -> None:
        """Write nothing: polling would fill the log."""

    def log_error(self, *said: Any) -> None:  # noqa: ANN401 - http.server's signature
        """Write what went wrong; that a connection was idle for long did not."""
        if not any(isinstance(each, TimeoutError) for each in said):
            super().log_error(*said)

    def _send(self, status: str, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        code, _, phrase = status.partition(" ")
        has_body = self.command != "HEAD" and int(code) not in WITHOUT_BODY
        self.send_response(int(code), phrase)
        for name, value in headers:
            if not has_body or name.lower() != "content-length":
                self.send_header(name, value)
        if has_body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if has_body:
            self.wfile.write(body)
        self.wfile.flush()


def make_server(listener: socket.socket, app: WsgiApp) -> Any:  # noqa: ANN401 - werkzeug is untyped here
    """Return a server for a socket that is bound and listens already.

    Args:
        listener: The socket; the server takes a copy.
        app: What answers.
    """
    port = listener.getsockname()[1]
    return ThreadedWSGIServer(LOOPBACK, port, app, handler=KeepAliveHandler, fd=listener.fileno())


def _read_body(environ: dict[str, Any]) -> bytes:
    stream = environ["wsgi.input"]
    if isinstance(stream, DechunkedInput):
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return bytes(io.BufferedReader(stream).read())
    return bytes(stream.read(int(environ.get("CONTENT_LENGTH") or 0)))


def _joined(chunks: Iterable[bytes]) -> bytes:
    try:
        return b"".join(chunks)
    finally:
        if close := getattr(chunks, "close", None):
            close()
