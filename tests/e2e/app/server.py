"""The application of the end-to-end tests: a server that says which release it is.

``/health``, ``/version``, ``/slow?seconds=N``; anything else is not found. It ends as a server
should: at SIGTERM it takes no new connection, answers what it was asked, says ``Connection:
close`` with the next answer on each connection, and closes those that stay idle for
``IDLE_SECONDS``. Environment variables make it behave worse:

``APP_SIGTERM``      ``ignore`` goes on as if nothing were; ``cut`` ends at once
``APP_START``        seconds before it listens
``APP_HEALTH``       ``bad`` answers /health with 503; so does a release named ``sick``
"""

import asyncio
import os
import signal
import sys
from urllib.parse import parse_qs, urlsplit

PORT = int(os.environ.get("APP_PORT", "8080"))
IDLE_SECONDS = 2.0
SLOWEST_SECONDS = 120.0
RELEASE = os.environ.get("APP_RELEASE", "none")
REASONS = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}


class Server:
    """Answers HTTP/1.1 requests until it is told to end."""

    def __init__(self) -> None:
        self.ending = asyncio.Event()
        self.connections: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Listen, and end in order."""
        await asyncio.sleep(float(os.environ.get("APP_START", "0")))
        listener = await asyncio.start_server(self.connected, port=PORT, backlog=1024)
        say("listens")
        await self.ending.wait()
        listener.close()
        if self.connections:
            await asyncio.wait(self.connections)
        say("ends")

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        self.connections.add(task)
        try:
            while await self.request(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.connections.discard(task)
            writer.close()

    async def request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether another may follow."""
        head = await self.next_head(reader)
        if not head:
            return False
        line, *headers = head.decode("latin-1").splitlines()
        status, text = await self.answer(line.split()[1])
        asked_to_close = any(each.lower() == "connection: close" for each in headers)
        closes = asked_to_close or self.ending.is_set()
        body = text.encode() + b"\n"
        lines = (
            f"HTTP/1.1 {status} {REASONS[status]}",
            "Content-Type: text/plain",
            f"Content-Length: {len(body)}",
            *(("Connection: close",) if closes else ()),
            "\r\n",
        )
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        return not closes

    async def next_head(self, reader: asyncio.StreamReader) -> bytes:
        """Return the next request's head; empty where none comes any more."""
        reading = asyncio.ensure_future(reader.readuntil(b"\r\n\r\n"))
        ending = asyncio.ensure_future(self.ending.wait())
        await asyncio.wait({reading, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if not reading.done():
            await asyncio.wait({reading}, timeout=IDLE_SECONDS)
        if not reading.done():
            reading.cancel()
            return b""
        return await reading

    async def answer(self, target: str) -> tuple[int, str]:
        """Return status and text of the answer to a request."""
        url = urlsplit(target)
        match url.path:
            case "/health":
                bad = os.environ.get("APP_HEALTH") == "bad" or RELEASE == "sick"
                return (503, "the database is away") if bad else (200, "well")
            case "/version":
                return 200, RELEASE
            case "/slow":
                seconds = float(parse_qs(url.query).get("seconds", ["1"])[0])
                await asyncio.sleep(min(seconds, SLOWEST_SECONDS))
                return 200, RELEASE
            case _:
                return 404, "not found"


def say(what: str) -> None:
    """Write a line to the container's log."""
    sys.stdout.write(f"app: {RELEASE} {what}\n")
    sys.stdout.flush()


async def main() -> None:
    """Serve until SIGTERM."""
    server = Server()
    loop = asyncio.get_running_loop()
    match os.environ.get("APP_SIGTERM", ""):
        case "ignore":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        case "cut":
            loop.add_signal_handler(signal.SIGTERM, lambda: os._exit(0))
        case _:
            loop.add_signal_handler(signal.SIGTERM, server.ending.set)
    say("starts")
    await server.serve()


if __name__ == "__main__":
    asyncio.run(main())
    sys.exit(0)
