"""How cdinfra's time and calls grow with the number of stacks, and how soon it sees an end."""

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from cdinfra.local.process import LocalCloud


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """One run with so many stacks.

    Attributes:
        stacks: How many.
        seconds: How long the process took.
        calls: How many AWS calls it made.
    """

    stacks: int
    seconds: float
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs cdinfra in the local cloud.

    Attributes:
        program: cdinfra.
        folder: Folder with the app file.
        environ: Its environment.
        cloud: The local cloud.
    """

    program: Path
    folder: Path
    environ: Mapping[str, str]
    cloud: LocalCloud

    def up(self, name: str, stacks: int) -> Grown:
        """Bring an app up, or find that it is, and return what that took."""
        before, started = self._calls(), time.perf_counter()
        environ = {**self.environ, "BENCH_NAME": name, "BENCH_STACKS": str(stacks)}
        subprocess.run(
            [str(self.program), "up"],
            cwd=self.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        seconds = time.perf_counter() - started
        return Grown(stacks=stacks, seconds=seconds, calls=self._calls() - before)

    def _calls(self) -> int:
        calls: Mapping[str, int] = self.cloud.control.health()["calls"]
        return sum(calls.values())

    def delays(self, name: str, runs: int) -> float:
        """Return the median of the seconds between a stack's last event and the line about it.

        Args:
            name: What the apps' names begin with.
            runs: How many stacks are created.
        """
        return median(self._delay(f"{name}-{run}") for run in range(runs))

    def _delay(self, name: str) -> float:
        environ = {**self.environ, "BENCH_NAME": name}
        with subprocess.Popen(
            [str(self.program), "up", "--output", "json"],
            cwd=self.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                event = json.loads(line)
                seen = datetime.now(UTC)
                if event.get("status") == "CREATE_COMPLETE" and "timestamp" in event:
                    ended = datetime.fromisoformat(event["timestamp"])
                    delay = (seen - ended).total_seconds()
        return delay
