"""The shop: `shop web` answers requests on port 8080, `shop worker` works in the background.

It ends as a server should: at SIGTERM it answers what it has begun, tells kept-alive
connections that they end with the next answer, and exits when the last one has ended.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8080
ending = threading.Event()


class Page(BaseHTTPRequestHandler):
    """Answers a request."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """Say who answers, or that the shop is well."""
        if self.path not in ("/", "/health"):
            self.answer(404, {"error": f"there is no {self.path}"})
            return
        host = socket.gethostname()
        level = os.environ.get("LOG_LEVEL", "info")
        self.answer(200, {"shop": "open", "container": host, "log_level": level})

    def answer(self, status: int, document: dict[str, str]) -> None:
        """Send a JSON document."""
        body = json.dumps(document).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if ending.is_set():
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, text: str, *values: object) -> None:
        """Log what is not a health check."""
        if self.path != "/health":
            super().log_message(text, *values)


def web() -> None:
    """Answer requests until SIGTERM."""
    server = ThreadingHTTPServer(("", PORT), Page)
    server.daemon_threads = False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"shop: open on port {PORT}")
    ending.wait()
    server.shutdown()
    server.server_close()


def worker() -> None:
    """Work until SIGTERM."""
    print("shop: the worker works")
    while not ending.wait(60):
        print(f"shop: worked at {time.strftime('%H:%M:%S')}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    {"web": web, "worker": worker}[sys.argv[1]]()
    print("shop: closed")
