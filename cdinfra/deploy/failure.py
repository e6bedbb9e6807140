"""A resource that failed, with everything that helps: where it comes from, what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.stacks import STACK_TYPE, StackEvent
from cdinfra.deploy.host_log import HostLog, HostLogReader, failed_hosts
from cdinfra.deploy.known_cause import names_in
from cdinfra.deploy.known_causes import find_cause
from cdinfra.deploy.nested_causes import Innermost, find_innermost
from cdinfra.deploy.summary import StackSummary
from cdinfra.model import SourceLine

_EC2_IDS = {"sg-": "security_group", "subnet-": "subnet", "vpc-": "vpc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A resource that failed, or the stack itself where no resource did.

    Attributes:
        logical_id: Name in the template; for the stack, its name.
        path: The stack's name within the app, then the logical ids down to the resource:
            more than two where it stands in a nested stack.
        resource_type: For example ``AWS::EC2::VPC``.
        physical_id: Its id; empty where there is none.
        status: For example ``CREATE_FAILED``.
        timestamp: When; None where no event tells it.
        reason: CloudFormation's reason in full.
        source: The line that makes it, in ``infra.py`` as it is now, or that makes the nested
            stack it stands in; None where there is none.
        cause: The kind of cause, where it is a known one; else empty.
        hint: What to do about a known cause; else empty.
        command: What to look at because of a known cause; else empty.
        hosts: The last lines of the hosts that signalled failure.
    """

    logical_id: str
    path: tuple[str, ...] = ()
    resource_type: str
    physical_id: str = ""
    status: str
    timestamp: datetime | None = None
    reason: str
    source: SourceLine | None = None
    cause: str = ""
    hint: str = ""
    command: str = ""
    hosts: tuple[HostLog, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A stack whose history is read.

    Attributes:
        summary: The stack in one line.
        reference: What to ask for it by: its name, or its ARN, which outlives it.
        sources: Where each part of its template comes from, by logical id.
    """

    summary: StackSummary
    reference: str
    sources: Mapping[str, SourceLine] = field(default_factory=dict)


class FailureReader:
    """Makes failures of the events of one operation.

    Args:
        stacks: CloudFormation; asked for what stands inside of nested stacks.
        subject: The stack.
        events: The operation's events, oldest first.
        host_logs: Reads the lines of hosts that failed.
    """

    def __init__(
        self,
        stacks: StackApi,
        subject: Subject,
        events: tuple[StackEvent, ...],
        *,
        host_logs: HostLogReader,
    ) -> None:
        self._stacks = stacks
        self._host_logs = host_logs
        self._subject = subject
        self._events = events

    def read(self, event: StackEvent) -> tuple[Failure, Innermost]:
        """Return a resource's failure, or that of what failed inside of it."""
        found = find_innermost(self._stacks, event)
        inner = found.event
        hosts = failed_hosts(found.events or self._events, inner)
        log_group = self._host_logs.log_group(inner.stack_id) if _needs_log(inner) else ""
        cause, hint, command = self._known(found, log_group, hosts)
        failure = Failure(
            logical_id=inner.logical_id,
            path=(self._subject.summary.stack, *found.names),
            resource_type=inner.resource_type,
            physical_id=inner.physical_id,
            status=inner.status,
            timestamp=inner.timestamp,
            reason=inner.reason,
            source=self._subject.sources.get(event.logical_id),
            cause=cause,
            hint=hint,
            command=command,
            hosts=self._host_logs.read(inner.stack_id, hosts, log_group),
        )
        return failure, found

    def of_stack(self, status: str, reason: str) -> Failure:
        """Return the failure of the stack itself."""
        known = find_cause(reason)
        return Failure(
            logical_id=self._subject.summary.stack_name,
            path=(self._subject.summary.stack,),
            resource_type=STACK_TYPE,
            status=status,
            reason=reason,
            cause=known[0].kind if known else "",
            hint=known[0].describe_hint(known[1]) if known else "",
        )

    def _known(
        self, found: Innermost, log_group: str, hosts: tuple[str, ...]
    ) -> tuple[str, str, str]:
        event = found.event
        if (row := find_cause(event.reason)) is None:
            return "", "", ""
        known, values = row
        owner = event.stack_id if found.events else self._subject.summary.stack_name
        values = {
            **values,
            **_values_of(event),
            "stack_name": owner,
            "log_group": log_group,
            "host": next(iter(hosts), ""),
        }
        return known.kind, known.describe_hint(values), known.choose_command(values)


def _needs_log(event: StackEvent) -> bool:
    """Whether the stack's log group has something to say about a failure."""
    row = find_cause(event.reason)
    return row is not None and any("log_group" in names_in(each) for each in row[0].commands)


def _values_of(event: StackEvent) -> Mapping[str, str]:
    """Return what a resource's type and id give to the commands of a hint."""
    values = {
        name: event.physical_id
        for prefix, name in _EC2_IDS.items()
        if event.physical_id.startswith(prefix)
    }
    if event.resource_type == "AWS::AutoScaling::AutoScalingGroup":
        values["group"] = event.physical_id
    if event.resource_type == STACK_TYPE:
        values["nested_stack"] = event.physical_id
    return values
