"""Programs on the machine of the deployer: started without a shell, ended with all they started."""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Protocol

GRACE_SECONDS = 5.0
"""How long a program may take to end itself before it is killed."""

LAST_WORDS_SECONDS = 1.0
"""How long the last lines of a program that has ended are waited for.

What it left running in the background may hold its output open for ever.
"""


class Process(Protocol):
    """A program that was started."""

    def read_lines(self) -> tuple[str, ...]:
        """Return the lines that it wrote since the last look."""

    def exit_code(self) -> int | None:
        """Return how it ended, less than 0 for a signal; None while it runs."""

    def end(self) -> None:
        """End it and everything that it started."""


class StartProcess(Protocol):
    """Starts programs."""

    def __call__(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
    ) -> Process:
        """Start a program.

        Args:
            command: The program and its arguments.
            folder: Where it runs.
            environment: All its variables.

        Raises:
            OSError: There is no such program, or it cannot be run.
        """


class SystemProcess:
    """A real program, in a process group of its own.

    Args:
        running: The program; its output is one stream.
    """

    def __init__(self, running: "subprocess.Popen[str]") -> None:
        self._running = running
        self._lines: deque[str] = deque()
        self._reader = Thread(target=self._read, name="hook-output", daemon=True)
        self._reader.start()

    def read_lines(self) -> tuple[str, ...]:
        """Return the lines that it wrote since the last look."""
        return tuple(self._lines.popleft() for _ in range(len(self._lines)))

    def exit_code(self) -> int | None:
        """Return how it ended, less than 0 for a signal; None while it runs."""
        code = self._running.poll()
        if code is not None:
            self._reader.join(LAST_WORDS_SECONDS)
        return code

    def end(self) -> None:
        """End it and everything that it started: asked first, killed after a while."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._running.wait(GRACE_SECONDS)
        self._signal(signal.SIGKILL)
        self._running.wait()

    def _signal(self, number: signal.Signals) -> None:
        # A group lives on with what the program left behind, so that it is asked for by id.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._running.pid, number)

    def _read(self) -> None:
        if self._running.stdout is not None:
            with suppress(ValueError), self._running.stdout as output:
                self._lines.extend(line.rstrip("\r\n") for line in output)


def start_process(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> Process:
    """Start a program of the machine; see :class:`StartProcess`."""
    running = subprocess.Popen(  # noqa: S603 - the person's own command, and no shell
        list(command),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # Its own group: Ctrl-C reaches the deployer alone, which then ends the whole group.
        start_new_session=True,
    )
    return SystemProcess(running)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine that the deployer runs on.

    Attributes:
        folder: Where hooks run, and relative paths start: the folder of ``infra.py``.
        environ: The deployer's own variables.
        start: Starts programs.
    """

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    start: StartProcess = start_process
