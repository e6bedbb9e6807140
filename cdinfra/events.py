"""What happens during an operation, as values.

The executor emits these to ``on_event``; the terminal view, the plain lines in a
pipe, ``--output json`` and the tests all consume the same ones. The library
itself never prints.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


class Outcome(StrEnum):
    """How the work on one stack ended."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    ROLLED_BACK = "rolled back"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackStarted:
    """Work on a stack begins.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name.
        verb: ``create``, ``update``, ``import`` or ``delete``.
    """

    stack: str
    stack_name: str
    verb: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChanged:
    """CloudFormation reports a new status of a resource, or of the stack itself.

    Attributes:
        stack: Name within the app.
        timestamp: When, by CloudFormation's clock (UTC).
        logical_id: Name of the resource in the template.
        physical_id: Its id in AWS; empty while there is none.
        resource_type: For example ``AWS::EC2::VPC``.
        status: For example ``CREATE_COMPLETE``.
        reason: Why, where CloudFormation says so; else empty.
        source: The line that makes it, where it failed: ``infra.py:42 (Network.build_vpc)``.
    """

    stack: str
    timestamp: datetime
    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFinished:
    """Work on a stack ended.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name.
        outcome: How it ended.
        status: The stack's CloudFormation status; empty where there is none.
        seconds: How long it took.
        cause: The first cause of a failure, or why the stack was skipped; else empty.
        resource: Name in the template of the resource that was the cause; else empty. Its
            own event has told the cause in full already.
        source: The line that makes that resource; else empty.
    """

    stack: str
    stack_name: str
    outcome: Outcome
    status: str = ""
    seconds: float = 0.0
    cause: str = ""
    resource: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookStarted:
    """A program of the person's own begins, before or after the work on a stack.

    Attributes:
        stack: Name within the app.
        when: ``before`` or ``after``.
        command: The program and its arguments, as typed.
    """

    stack: str
    when: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HookOutput:
    """A hook wrote a line.

    Attributes:
        stack: Name within the app.
        line: The line, without its end.
    """

    stack: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something worth telling that concerns no single resource."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedTime:
    """How long something of a stack took the last time.

    Attributes:
        logical_id: Name of the resource in the template; for the stack, its CloudFormation
            name.
        status: While that lasts: ``CREATE_IN_PROGRESS``, ``UPDATE_IN_PROGRESS``, ….
        seconds: How long it took.
    """

    logical_id: str
    status: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedTimes:
    """What a stack's own history says of how long things take; told as work on it begins.

    Attributes:
        stack: Name within the app.
        times: The stack's own and those of its resources.
    """

    stack: str
    times: tuple[ExpectedTime, ...]


Event: TypeAlias = (
    StackStarted
    | ExpectedTimes
    | ResourceChanged
    | StackFinished
    | HookStarted
    | HookOutput
    | Notice
)

OnEvent: TypeAlias = Callable[[Event], None]
