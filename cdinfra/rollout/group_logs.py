"""What the containers of a group's hosts wrote, merged in the order of time."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from cdinfra.aws.cloud import Aws
from cdinfra.aws.failures import is_passing
from cdinfra.aws.host_logs import LogEvent
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.host_log import LOG_GROUP_TYPE
from cdinfra.errors import CloudError, InvalidInputError, Problem
from cdinfra.model import StackTemplate

POLL_SECONDS = 2.0
"""Pause between two looks for new lines."""

LATE_SECONDS = 15.0
"""How much later than others a line may come, with the time at which it was written.

The log driver sends what it has every 5 s.
Source: docs.docker.com, "Amazon CloudWatch Logs logging driver".
"""

_OF_RELEASE = re.compile(r"(?P<host>i-[0-9a-f]+)/.+-[0-9a-f]{12}-[0-9]+")
"""The stream of a release's container, as the host agent names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line that a container wrote.

    Attributes:
        at: When.
        instance_id: On which host.
        stream: Its stream, which names the container.
        message: The line.
    """

    at: datetime
    instance_id: str
    stream: str
    message: str


def find_log_group(aws: Aws, stack: StackTemplate) -> str:
    """Return the name of a group's log group.

    Args:
        aws: The place of the stack.
        stack: The group's stack.

    Raises:
        InvalidInputError: It has none.
        CloudError: CloudFormation cannot be asked.
    """
    for each in aws.stacks.list_resources(stack.stack_name):
        if each.resource_type == LOG_GROUP_TYPE and each.status != "DELETE_COMPLETE":
            return each.physical_id
    problem = Problem(path="GROUP", message=f"{stack.name} has no log group")
    raise InvalidInputError(problem, hint=f"bring it up with `cdinfra up {stack.name}`")


Show: TypeAlias = Callable[[Sequence[LogLine]], None]
"""Shows lines that are new."""


class GroupLogs:
    """Reads the lines of a group's containers.

    Args:
        aws: The place of the stack.
        log_group: Its log group.
        hosts: Instance ids of the hosts that are meant; none means all, also those that are
            gone.
    """

    def __init__(self, aws: Aws, log_group: str, hosts: Iterable[str] = ()) -> None:
        self._aws = aws
        self._log_group = log_group
        self._hosts = tuple(hosts)

    def read(self, since: datetime) -> tuple[LogLine, ...]:
        """Return the lines from a time on, in the order of time.

        Raises:
            CloudError: CloudWatch Logs cannot be asked.
        """
        return tuple(line for _, line in self._read(since))

    def follow(self, since: datetime, clock: Clock, show: Show, *, tail: int | None = None) -> None:
        """Show the lines from a time on, and new ones as they come, until something ends it.

        Args:
            since: The time.
            clock: What time it is, and how to wait.
            show: Shows lines.
            tail: How many of those that are there already are shown; None for all.

        Raises:
            CloudError: CloudWatch Logs refuses, for good.
        """
        known: dict[str, datetime] = {}
        while True:
            try:
                found = self._read(since)
            except CloudError as error:
                if not is_passing(error):
                    raise
                clock.sleep(POLL_SECONDS)
                continue
            show(last_of([line for name, line in found if name not in known], tail))
            tail = None
            if found:
                since = max(since, found[-1][1].at - timedelta(seconds=LATE_SECONDS))
            known |= {name: line.at for name, line in found}
            known = {name: at for name, at in known.items() if at >= since}
            clock.sleep(POLL_SECONDS)

    def _read(self, since: datetime) -> list[tuple[str, LogLine]]:
        found = [(each.event_id, line) for each in self._events(since) if (line := _line(each))]
        return sorted(found, key=lambda each: each[1].at)

    def _events(self, since: datetime) -> Iterator[LogEvent]:
        for prefix in (f"{each}/" for each in self._hosts) if self._hosts else ("",):
            yield from self._aws.host_logs.filter_events(
                self._log_group, since=since, prefix=prefix
            )


def last_of(lines: Sequence[LogLine], number: int | None) -> Sequence[LogLine]:
    """Return the last so many of some lines; None means all."""
    return lines if number is None else lines[len(lines) - min(number, len(lines)) :]


def _line(event: LogEvent) -> LogLine | None:
    found = _OF_RELEASE.fullmatch(event.stream)
    if found is None:
        return None
    return LogLine(
        at=event.at, instance_id=found["host"], stream=event.stream, message=event.message
    )
