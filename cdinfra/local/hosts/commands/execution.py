"""A script that runs on a host: what the dispatcher asks for, and what it gets.

The dispatcher knows no container; :mod:`cdinfra.local.hosts.commands.container` has the
one way in which scripts really run, and a test has another.
"""

from dataclasses import dataclass
from typing import BinaryIO, Protocol

from cdinfra.local.hosts.commands.ledger import Command
from cdinfra.local.hosts.platforms import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a script ended.

    Attributes:
        exit_code: Its exit code.
        is_lost: Whether its host went away under it, so that nobody knows the exit code.
    """

    exit_code: int
    is_lost: bool = False


LOST = Ended(exit_code=-1, is_lost=True)
"""Its host went away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A script to run.

    Attributes:
        command: The command that it belongs to.
        instance_id: The instance that it runs on.
        region: Region of the instance.
        container: Name of the host's container.
        platform: What the instance's image holds.
    """

    command: Command
    instance_id: str
    region: str
    container: str
    platform: Platform


class Captured(Protocol):
    """What a script has written to one of its outputs."""

    def head(self, size: int) -> bytes:
        """Return its first ``size`` bytes."""
        ...

    def content(self) -> BinaryIO:
        """Return all of it as a file, at its beginning."""
        ...


class Running(Protocol):
    """A script that runs."""

    @property
    def stdout(self) -> Captured:
        """What it has written to stdout."""
        ...

    @property
    def stderr(self) -> Captured:
        """What it has written to stderr."""
        ...

    def wait(self, seconds: float) -> Ended | None:
        """Wait until it ends; return None where it does not in time."""
        ...

    def kill(self) -> None:
        """Kill it, and what it has started; ``wait`` returns soon."""
        ...

    def close(self) -> None:
        """Forget what it has written."""
        ...


class Runner(Protocol):
    """Starts scripts on hosts."""

    def start(self, task: Task) -> Running:
        """Start a script."""
        ...
