"""The last lines of hosts that failed, which outlive them for a while.

A host that signals failure says no reason with it. The agent writes that to the stack's log
group and to the console. The log group goes with a creation that is rolled back; EC2 keeps the
console for an hour or more after the instance is gone.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cdinfra.aws.cloud import Aws
from cdinfra.aws.stacks import StackEvent
from cdinfra.deploy.agent_lines import lines_of_stream, lines_on_console
from cdinfra.deploy.first_cause import first_cause
from cdinfra.deploy.known_cause import CauseKind
from cdinfra.deploy.known_causes import find_cause
from cdinfra.deploy.nested_causes import find_innermost
from cdinfra.errors import CloudError

LOG_GROUP_TYPE = "AWS::Logs::LogGroup"

MOST_HOSTS = 3
"""Hosts whose lines are read: what fails on more of them is mostly the same."""

MOST_MESSAGES = 100
"""Messages that are read of a stream: the last report is among them."""

_FAILED_HOST = re.compile(r"FAILURE signal with UniqueId (i-[0-9a-f]+)")
"""How CloudFormation tells of a host's signal, before it fails the group of hosts."""


class LogSource(StrEnum):
    """Where the lines of a host were found."""

    LOG_GROUP = "log_group"
    CONSOLE = "console"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLog:
    """The last lines of a host that failed.

    Attributes:
        instance_id: The host.
        source: Where they were found.
        lines: The reason, and below it the last lines of the container; none where none was
            found.
        problem: Why there are none; else empty.
        command: What shows the console then; else empty.
    """

    instance_id: str
    source: LogSource = LogSource.NONE
    lines: tuple[str, ...] = ()
    problem: str = ""
    command: str = ""


def failed_hosts(events: Iterable[StackEvent], failed: StackEvent) -> tuple[str, ...]:
    """Return the hosts whose signals failed a resource, in the order of time.

    Args:
        events: The events of the operation, oldest first.
        failed: The failure; where it is for another reason, no host is to blame.
    """
    row = find_cause(failed.reason)
    if row is None or row[0].kind is not CauseKind.HOST_FAILED:
        return ()
    own = (each.reason for each in events if each.logical_id == failed.logical_id)
    found = (_FAILED_HOST.search(reason) for reason in own)
    return tuple(dict.fromkeys(each[1] for each in found if each))


class HostLogReader:
    """Reads the last lines of hosts.

    Args:
        aws: The cloud, of all places.
    """

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def of_operation(self, events: Sequence[StackEvent]) -> tuple[HostLog, ...]:
        """Return the last lines of the hosts that an operation failed at; none for other causes.

        Args:
            events: The operation's events, oldest first.
        """
        if (cause := first_cause(events)) is None:
            return ()
        found = find_innermost(self._aws.stacks, cause)
        hosts = failed_hosts(found.events or events, found.event)
        stack_id = found.event.stack_id
        return self.read(stack_id, hosts, self.log_group(stack_id)) if hosts else ()

    def log_group(self, stack_id: str) -> str:
        """Return the name of a stack's log group; empty where it has none any more.

        Args:
            stack_id: ARN of the stack.
        """
        try:
            resources = self._aws.stacks.list_resources(stack_id)
        except CloudError:
            # The advice is then less exact; why the stack failed is known all the same.
            return ""
        groups = (
            each.physical_id
            for each in resources
            if each.resource_type == LOG_GROUP_TYPE and each.status != "DELETE_COMPLETE"
        )
        return next(groups, "")

    def read(
        self, stack_id: str, instance_ids: Sequence[str], log_group: str
    ) -> tuple[HostLog, ...]:
        """Return the last lines of the first few of some hosts.

        Args:
            stack_id: ARN of the stack that they are in.
            instance_ids: The hosts.
            log_group: Name of the stack's log group; empty where there is none.
        """
        if not instance_ids:
            return ()
        try:
            aws = self._aws.of_stack(stack_id)
        except CloudError as error:
            return tuple(_unread(each, [error.message]) for each in instance_ids[:MOST_HOSTS])
        return tuple(_read(aws, each, log_group) for each in instance_ids[:MOST_HOSTS])


def _read(aws: Aws, instance_id: str, log_group: str) -> HostLog:
    problems = []
    if log_group:
        stream = f"{instance_id}/cdinfra-host"
        try:
            messages = aws.host_logs.read_stream(log_group, stream, limit=MOST_MESSAGES)
        except CloudError as error:
            problems.append(error.message)
            messages = ()
        if lines := lines_of_stream(messages):
            return HostLog(instance_id=instance_id, source=LogSource.LOG_GROUP, lines=lines)
    try:
        console = aws.host_logs.read_console(instance_id)
    except CloudError as error:
        return _unread(instance_id, [*problems, error.message])
    if lines := lines_on_console(console):
        return HostLog(instance_id=instance_id, source=LogSource.CONSOLE, lines=lines)
    found = "has no line of cdinfra-host" if console else "is not kept any more, or not yet"
    return _unread(instance_id, [*problems, f"its console {found}"])


def _unread(instance_id: str, problems: Iterable[str]) -> HostLog:
    command = f"aws ec2 get-console-output --output text --instance-id {instance_id}"
    return HostLog(instance_id=instance_id, problem="; ".join(problems), command=command)
