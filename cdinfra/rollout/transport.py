"""How a rollout runs the agent on hosts: SSM Run Command, or ssh; here what both have in common.

Nothing waits in here: a command is sent to many hosts at once, and looked at again and again.
So whoever sends it can renew its lock meanwhile, hear Ctrl-C, and give up at its own time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cdinfra.aws.hosts import Host


class Ending(StrEnum):
    """How a command ended on a host.

    Attributes:
        DONE: It ran and ended by itself, with whatever exit code.
        TIMED_OUT: It was still running when its time was over; it may run on.
        UNREACHABLE: It cannot have run: the host could not be reached, or is gone.
        LOST: The host was reached, and it is not known what became of the command.
        CANCELLED: It was called off.
    """

    DONE = "done"
    TIMED_OUT = "timed out"
    UNREACHABLE = "unreachable"
    LOST = "lost"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of a command on a host.

    Attributes:
        instance_id: The host.
        ending: How it ended.
        exit_code: Its exit code; None unless it is done.
        output: What it wrote to stdout: all of it, or where the transport cuts, its end.
        problem: Why it did not end well, in words; else empty.
    """

    instance_id: str
    ending: Ending
    exit_code: int | None = None
    output: str = ""
    problem: str = ""


class Sent(Protocol):
    """A command on its way to hosts."""

    def look(self) -> Mapping[str, Ended]:
        """Return the hosts that have ended by now, all of them, by instance id.

        Raises:
            CloudError: What carries the commands cannot be asked.
        """

    def cancel(self) -> None:
        """Call it off where it has not ended; a host that has begun may go on."""


class Transport(Protocol):
    """Runs commands on hosts."""

    @property
    def name(self) -> str:
        """What it is called on the command line: ``ssm`` or ``ssh``."""

    @property
    def look_seconds(self) -> float:
        """Pause between two looks, so that what carries the commands is not asked too often."""

    def unreachable(self, hosts: Sequence[Host]) -> Mapping[str, str]:
        """Return the hosts that cannot be reached, each with the reason, by instance id.

        Raises:
            CloudError: What carries the commands cannot be asked.
        """

    def send(
        self, hosts: Sequence[Host], words: Sequence[str], *, seconds: int, last_line: bool = True
    ) -> Sent:
        """Run a program on hosts, as root; return as soon as it is on its way.

        Args:
            hosts: Any number of them.
            words: The program and its arguments.
            seconds: How long it may run on each.
            last_line: Whether only the last line of what it writes is wanted, as of the agent.

        Raises:
            CloudError: What carries the commands refuses, or cannot be asked.
        """
