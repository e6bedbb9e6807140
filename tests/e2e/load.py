"""Sends requests at a steady rate, half of them on new connections, and counts what fails.

Runs as a process of its own until its standard input ends or its time is over, and prints
one JSON object. A request is never repeated: what a client would retry counts as failed.
"""

import argparse
import asyncio
import errno
import json
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

TIMEOUT_SECONDS = 10.0
EXAMPLES = 10
PORTS = range(20_000, 21_000)
"""Ports to send from: few, so that each is soon used again, as a balancer or a router does."""
TAKEN = (errno.EADDRINUSE, errno.EADDRNOTAVAIL)


class FailedError(Exception):
    """A request that did not get its answer; the kind is the message's first word."""


@dataclass(kw_only=True)
class Found:
    """What the requests met."""

    started: float
    answers: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    connections: int = 0
    waits: list[float] = field(default_factory=list)
    ports: Iterator[int] = field(default_factory=lambda: cycle(PORTS))

    def fail(self, why: str) -> None:
        """Count a failure."""
        self.failures[why.split(" ", 1)[0]] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{time.monotonic() - self.started:.2f} s: {why}")

    def report(self) -> dict[str, Any]:
        """Return everything as JSON can say it."""
        seconds = time.monotonic() - self.started
        waits = sorted(self.waits) or [0.0]
        return {
            "requests": len(self.waits),
            "rate": round(len(self.waits) / seconds, 1),
            "seconds": round(seconds, 1),
            "connections": self.connections,
            "answers": dict(self.answers),
            "failures": dict(self.failures),
            "examples": self.examples,
            "median_ms": round(waits[len(waits) // 2] * 1000, 1),
            "slowest_ms": round(waits[-1] * 1000, 1),
        }


class Worker:
    """Sends one request after another.

    Args:
        options: The command line.
        found: Where to count.
        number: Its number; those with an even one keep their connection.
    """

    def __init__(self, options: argparse.Namespace, found: Found, number: int) -> None:
        self._place = (options.address, options.port)
        self._path = options.path
        self._life = options.keep_seconds
        self._found = found
        self._keeps = number % 2 == 0
        self._delay = number / options.rate
        self._opened = 0.0
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def run(self, pause: float, until: float, stop: asyncio.Event) -> None:
        """Send a request every so many seconds, later ones sooner where one took longer."""
        due = self._found.started + self._delay
        while not stop.is_set() and (now := time.monotonic()) < until:
            if due > now:
                await asyncio.sleep(due - now)
            due += pause
            before = time.monotonic()
            try:
                self._found.answers[await asyncio.wait_for(self._ask(), TIMEOUT_SECONDS)] += 1
            except TimeoutError:
                what = "answer" if self._streams else "connection"
                port = f" at port {self._port()}" if self._streams else ""
                self._found.fail(f"timeout no {what} within {TIMEOUT_SECONDS:.0f} s{port}")
                self._drop()
            except FailedError as error:
                self._found.fail(str(error))
                self._drop()
            self._found.waits.append(time.monotonic() - before)
        self._drop()

    def _port(self) -> int:
        assert self._streams is not None
        return int(self._streams[1].get_extra_info("sockname")[1])

    def _drop(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect from the next port that is free."""
        while True:
            sock = socket.socket()
            sock.settimeout(0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("", next(self._found.ports)))
                await asyncio.get_running_loop().sock_connect(sock, self._place)
                return await asyncio.open_connection(sock=sock)
            except OSError as error:
                sock.close()
                if error.errno not in TAKEN:
                    raise

    def _is_old(self) -> bool:
        return time.monotonic() - self._opened > self._life

    async def _ask(self) -> str:
        if self._streams is not None and (self._streams[0].at_eof() or self._is_old()):
            self._drop()  # what the other side ended while nothing was asked loses nothing
        is_reused = self._streams is not None
        if self._streams is None:
            try:
                self._streams = await self._connect()
            except OSError as error:
                raise FailedError(f"refused {error}") from error
            self._opened = time.monotonic()
            self._found.connections += 1
        reader, writer = self._streams
        kept = "keep-alive" if self._keeps else "close"
        request = (
            f"GET {self._path} HTTP/1.1\r\nHost: {self._place[0]}\r\nConnection: {kept}\r\n\r\n"
        )
        try:
            writer.write(request.encode())
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, OSError) as error:
            kind = "closed" if is_reused else "cut"
            raise FailedError(f"{kind} before the answer: {error}") from error
        return await self._read(head)

    async def _read(self, head: bytes) -> str:
        assert self._streams is not None
        status, _, rest = head.decode().partition("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in rest.split("\r\n") if line)
        try:
            body = await self._streams[0].readexactly(int(headers["content-length"]))
        except (asyncio.IncompleteReadError, OSError) as error:
            raise FailedError(f"cut within the answer: {error}") from error
        if headers.get("connection") == "close" or not self._keeps:
            self._drop()
        if status != "HTTP/1.1 200 OK":
            raise FailedError(f"status {status}: {body.decode()}")
        return body.decode().strip()


async def send(options: argparse.Namespace) -> dict[str, Any]:
    """Send requests until standard input ends or the time is over."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
    found = Found(started=time.monotonic())
    workers = [Worker(options, found, number) for number in range(options.workers)]
    pause = options.workers / options.rate
    until = found.started + options.seconds
    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker.run(pause, until, stop))
    return found.report()


def main() -> None:
    """Parse the command line, send, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--port", type=int, default=80)
    parser.add_argument("--path", default="/version")
    parser.add_argument("--rate", type=float, default=600.0, help="requests a second, in all")
    parser.add_argument("--workers", type=int, default=16, help="at a time; every other keeps")
    parser.add_argument("--keep-seconds", type=float, default=600.0, help="life of kept ones")
    parser.add_argument("--seconds", type=float, default=60.0, help="ends then at the latest")
    print(json.dumps(asyncio.run(send(parser.parse_args()))))  # noqa: T201 - its result


if __name__ == "__main__":
    main()
