"""The operations on a stack that its history still tells of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import DeletedStack, StackEvent
from cdinfra.deploy.aftermath import AFTERMATHS, DELETED_AGAIN, Aftermath
from cdinfra.deploy.last_operation import begins_operation, operations

MOST_OPERATIONS = 50
"""Operations that are read of a stack: as far back as anybody looks."""


class OperationOutcome(StrEnum):
    """How an operation ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOperation:
    """One operation on a stack.

    Attributes:
        number: 1 for the last one, 2 for the one before.
        verb: ``create``, ``update``, ``delete`` or ``import``.
        token: What CloudFormation stamped its events with; empty where nobody gave one.
        status: The status it left the stack in, so far.
        outcome: How it ended.
        started_at: When it began; None where its events are forgotten.
        ended_at: When it ended; None while it runs.
        cause: What failed first, in words, with its path; else empty.
    """

    number: int
    verb: str
    token: str
    status: StackStatus
    outcome: OperationOutcome
    started_at: datetime | None
    ended_at: datetime | None
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was done with a stack.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name.
        status: Its status.
        operations: The last one first.
        earlier: Stacks of that name from before it, deleted since, the newest first; only
            where they were asked for.
    """

    stack: str
    stack_name: str
    status: str
    operations: tuple[PastOperation, ...]
    earlier: tuple[DeletedStack, ...] = ()


def past_operations(
    newest_first: Iterable[StackEvent],
) -> Iterator[tuple[PastOperation, tuple[StackEvent, ...]]]:
    """Yield each operation with its events, oldest first; the last operation first.

    Args:
        newest_first: The stack's events; no page is asked for before it is needed.
    """
    whole = (each for each in operations(newest_first) if any(map(begins_operation, each)))
    for number, events in enumerate(islice(whole, MOST_OPERATIONS), start=1):
        yield past_operation(events, number=number), events


def aftermath_of(operation: PastOperation) -> Aftermath | None:
    """Return what a stack did after an operation had failed; None where it has not failed."""
    if operation.verb == "create" and operation.status is StackStatus.DELETE_COMPLETE:
        return DELETED_AGAIN
    return AFTERMATHS.get(operation.status)


def past_operation(
    events: tuple[StackEvent, ...], *, number: int = 1, status: str = ""
) -> PastOperation:
    """Return what events say of the operation that they are of.

    Args:
        events: Its events, oldest first; some or all may be forgotten.
        number: 1 for the stack's last operation.
        status: The stack's status, where no event tells it.
    """
    begins = next(filter(begins_operation, events), None)
    told = [each for each in events if each.is_of_stack]
    left_as = StackStatus(told[-1].status if told else status)
    verb = (begins.status if begins else left_as).partition("_")[0].lower()
    failed = left_as in AFTERMATHS or (verb == "create" and left_as is StackStatus.DELETE_COMPLETE)
    at_rest = OperationOutcome.FAILED if failed else OperationOutcome.SUCCEEDED
    return PastOperation(
        number=number,
        verb="create" if verb == "rollback" else verb,
        token=(begins or events[0]).token if events else "",
        status=left_as,
        outcome=OperationOutcome.RUNNING if left_as.is_running and not failed else at_rest,
        started_at=begins.timestamp if begins else None,
        ended_at=None if left_as.is_running or not told else told[-1].timestamp,
    )
