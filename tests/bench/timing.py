"""Times whole processes from outside, start-up and all, as a person waits for them."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

LONGEST_SECONDS = 300


class JobFailedError(Exception):
    """A command that is timed did not do its job; its last words are the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a command takes.

    Attributes:
        seconds: One figure a run.
    """

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median, in seconds."""
        return median(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line and where it runs.

    Attributes:
        words: The words, the program first.
        folder: Working folder.
        environ: Its whole environment.
    """

    words: Sequence[str]
    folder: Path
    environ: Mapping[str, str]


def time_command(make: Callable[[int], Command], runs: int, *, pause: float = 0.0) -> Timing:
    """Run a command several times, after one run that is not counted.

    Args:
        make: Returns the command of a run, which may carry the run's number.
        runs: How often it counts.
        pause: Seconds between two runs.

    Raises:
        JobFailedError: It ends with another exit code than 0.
    """
    seconds = []
    for run in range(runs + 1):
        seconds.append(_time(make(run)))
        time.sleep(pause)
    return Timing(seconds=tuple(seconds[1:]))


def _time(command: Command) -> float:
    before = time.perf_counter()
    done = subprocess.run(
        command.words,
        cwd=command.folder,
        env=command.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    seconds = time.perf_counter() - before
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise JobFailedError(f"{' '.join(command.words)}: {' / '.join(last)}")
    return seconds
