"""The only place where the agent touches the world: programs, sockets, files, the clock."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from email.message import Message

ENGINE_SOCKET = "/var/run/docker.sock"
TRIES = 3


class Failure(Exception):  # noqa: N818 - an outcome that people read, not a bug
    """Why a verb did not do what it was asked, in a sentence for people."""

    def __init__(self, message: str, *, outcome: str = "failed", log: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.outcome = outcome
        self.log = list(log)


def as_failure(error: Exception) -> Failure:
    """Return any exception as a failure: somebody waits for the result of a verb."""
    return error if isinstance(error, Failure) else Failure(f"unexpected: {error!r}")


def persist(system: System, seconds: float, work: Callable[[], None]) -> None:
    """Do something that depends on others, who may do better when they are asked again."""
    for attempt in range(1, TRIES + 1):
        try:
            work()
        except Failure as failure:
            if attempt == TRIES:
                raise
            system.say(failure.message)
            system.sleep(seconds * attempt)
        else:
            return


@dataclass(frozen=True)
class Ran:
    """How a program ended."""

    code: int
    output: str
    errors: str


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str] | Message
    """By names in lower case."""
    body: bytes


class EngineConnection(http.client.HTTPConnection):
    """HTTP to the Docker Engine over its socket."""

    def connect(self) -> None:
        """Connect to the socket instead of to a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(ENGINE_SOCKET)


CONNECTIONS = {
    "engine": EngineConnection,
    "http": http.client.HTTPConnection,
    "https": http.client.HTTPSConnection,
}


class System:
    """A real host. Tests pass an object with the same methods."""

    def run(self, argv: Sequence[str], *, stdin: str = "", timeout: float = 120) -> Ran:
        """Run a program without a shell, in the C locale, and wait for it."""
        environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        try:
            done = subprocess.run(  # noqa: S603 - argv lists only
                list(argv),
                input=stdin,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                env=environment,
                check=False,
            )
        except FileNotFoundError:
            return Ran(127, "", f"{argv[0]} is not installed")
        except subprocess.TimeoutExpired:
            return Ran(124, "", f"{argv[0]} took longer than {timeout:.0f} s")
        return Ran(done.returncode, done.stdout, done.stderr)

    def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 10,
        limit: int = 64 * 1024 * 1024,
    ) -> Answer:
        """Send one request, following no redirect. Raises OSError without an answer.

        The scheme ``engine`` is the Docker Engine behind its socket. Of the body no more
        than ``limit`` bytes are read.
        """
        parts = urlsplit(url)
        connection = CONNECTIONS[parts.scheme](parts.netloc, timeout=timeout)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(method, target, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read(limit))
        except http.client.HTTPException as error:
            raise OSError(f"no valid HTTP answer: {error!r}") from error
        finally:
            connection.close()

    def path(self, path: str) -> Path:
        """Return a path of this host."""
        return Path(path)

    def free_bytes(self, path: str) -> int:
        """Return the free space of the disk that a path is, or will be, on."""
        place = self.path(path)
        while not place.exists():
            place = place.parent
        return shutil.disk_usage(place).free

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def say(self, message: str) -> None:
        """Tell people what happens; standard output is for the result."""
        sys.stderr.write(message + "\n")
        sys.stderr.flush()
