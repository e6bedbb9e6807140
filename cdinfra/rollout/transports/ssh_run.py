"""One ssh that runs, and what became of it."""

import os
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cdinfra.rollout.transport import Ended, Ending
from cdinfra.rollout.transports.script import SSH_FAILED
from cdinfra.rollout.transports.ssh_command import BEGUN, CONNECT_SECONDS, KILL_SECONDS

MOST_OUTPUT = 1024 * 1024
"""Bytes of output that are read; of more, the end."""

TIMED_OUT_CODES = frozenset({124, 137})
"""What timeout(1) ends with when the time was over; the second where it had to kill."""

GRACE_SECONDS = 15
"""How much longer than its time and its connection an ssh may take."""


class SshRun:
    """An ssh to one host.

    Args:
        instance_id: The host.
        folder: Where its output goes.
        seconds: How long the command may take there.
    """

    def __init__(self, instance_id: str, folder: Path, *, seconds: int) -> None:
        self.instance_id = instance_id
        self._stdout = folder / f"{instance_id}.out"
        self._stderr = folder / f"{instance_id}.err"
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._started: datetime | None = None

    def start(self, argv: Sequence[str], now: datetime) -> Ended | None:
        """Start it; return how it ended where it cannot be started.

        Args:
            argv: The command line of ssh.
            now: The time.
        """
        self._started = now
        try:
            with self._stdout.open("wb") as output, self._stderr.open("wb") as errors:
                # A session of its own: Ctrl-C is for whoever waits, not for what is under way.
                self._process = subprocess.Popen(  # noqa: S603 - arguments as a list
                    list(argv),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors,
                    start_new_session=True,
                )
        except OSError as error:
            return self._problem(Ending.UNREACHABLE, f"ssh cannot be run: {error.strerror}")
        return None

    def poll(self, now: datetime) -> Ended | None:
        """Return how it ended; None while it runs.

        Args:
            now: The time.
        """
        if self._process is None or self._started is None:
            return None
        code = self._process.poll()
        taken = now - self._started
        if code is None:
            longest = self._seconds + CONNECT_SECONDS + KILL_SECONDS + GRACE_SECONDS
            if taken < timedelta(seconds=longest):
                return None
            self.kill()
            return self._problem(Ending.TIMED_OUT, "the command did not end in time")
        if code == SSH_FAILED or code < 0:
            return self._not_reached(code)
        if code in TIMED_OUT_CODES and taken >= timedelta(seconds=self._seconds):
            problem = "the command was still running when its time was over"
            return self._problem(Ending.TIMED_OUT, problem)
        return Ended(
            instance_id=self.instance_id,
            ending=Ending.DONE,
            exit_code=code,
            output=_end_of(self._stdout),
        )

    def kill(self) -> None:
        """End it; the host may go on."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _not_reached(self, code: int) -> Ended:
        lines = [each.strip() for each in _end_of(self._stderr).splitlines() if each.strip()]
        said = [each for each in lines if each != BEGUN]
        why = said[-1] if said else f"ssh ended with {code} and said nothing"
        if BEGUN in lines:
            return self._problem(Ending.LOST, f"the connection was lost: {why}")
        return self._problem(Ending.UNREACHABLE, why)

    def _problem(self, ending: Ending, problem: str) -> Ended:
        return Ended(
            instance_id=self.instance_id,
            ending=ending,
            output=_end_of(self._stdout),
            problem=problem,
        )


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - MOST_OUTPUT))
            return file.read().decode(errors="replace")
    except OSError:
        # It was never started, or the disk has no room for what it says.
        return ""
