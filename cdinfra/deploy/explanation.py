"""Explains why an operation on a stack failed, from its history alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.stacks import StackEvent
from cdinfra.deploy.aftermath import Aftermath
from cdinfra.deploy.failure import Failure, FailureReader, Subject
from cdinfra.deploy.first_cause import describe_cause, first_cause, is_consequence
from cdinfra.deploy.host_log import HostLogReader
from cdinfra.deploy.past_operations import PastOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an operation on a stack failed.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name.
        status: The status that the operation left the stack in.
        operation: Which one: its number (1 is the last), token, verb and times.
        failure: What failed first.
        also_failed: What failed on its own account after that, in the order of time.
        cancelled: Names of the resources that were stopped in consequence; of those in nested
            stacks, their paths.
        aftermath: What became of the stack.
        blocked_by: What its rollback failed at; none where that did not fail.
        next_command: How to go on once the cause is mended; empty for an operation that is
            not the last one.
    """

    stack: str
    stack_name: str
    status: str
    operation: PastOperation
    failure: Failure
    also_failed: tuple[Failure, ...] = ()
    cancelled: tuple[str, ...] = ()
    aftermath: str
    blocked_by: tuple[Failure, ...] = ()
    next_command: str


def explain_operation(
    stacks: StackApi,
    subject: Subject,
    operation: tuple[PastOperation, tuple[StackEvent, ...]],
    after: Aftermath,
    host_logs: HostLogReader,
) -> Explanation:
    """Explain an operation that failed, with the commands for a stack that goes on from there.

    Args:
        stacks: CloudFormation.
        subject: The stack.
        operation: The operation and its events, oldest first.
        after: What the stack did after it had failed.
        host_logs: Reads the lines of hosts that failed.
    """
    past, events = operation
    summary = subject.summary
    reader = FailureReader(stacks, subject, events, host_logs=host_logs)
    cause = first_cause(events)
    turns = [number for number, each in enumerate(events) if _rolls_back(each)]
    forward = events[: turns[0]] if turns else events
    backward = events[turns[-1] :] if turns and after.is_stuck else ()
    cancelled = [each.logical_id for each in forward if is_consequence(each) and each is not cause]
    if cause is None or cause.is_of_stack:
        reason, _ = describe_cause(events)
        failure = reader.of_stack(past.status, reason or summary.reason)
    else:
        failure, inside = reader.read(cause)
        cancelled += inside.cancelled
    return Explanation(
        stack=summary.stack,
        stack_name=summary.stack_name,
        status=past.status,
        operation=past,
        failure=failure,
        also_failed=_read_all(reader, _own_failures(forward, besides=cause)),
        cancelled=tuple(dict.fromkeys(cancelled)),
        aftermath=after.text,
        blocked_by=_read_all(reader, _own_failures(backward, besides=cause)),
        next_command=after.choose_command(summary) if past.number == 1 else "",
    )


def _read_all(reader: FailureReader, events: Iterable[StackEvent]) -> tuple[Failure, ...]:
    return tuple(reader.read(each)[0] for each in events)


def _rolls_back(event: StackEvent) -> bool:
    return event.is_of_stack and event.status.endswith("ROLLBACK_IN_PROGRESS")


def _own_failures(
    events: Sequence[StackEvent], *, besides: StackEvent | None
) -> Iterable[StackEvent]:
    """Return the last failure of each resource: CloudFormation tries a deletion several times.

    Args:
        events: What happened.
        besides: One that is told already. What fails again while it is rolled back counts.
    """
    failures = {
        each.logical_id: each
        for each in events
        if each.status.endswith("_FAILED") and not each.is_of_stack and not is_consequence(each)
    }
    same = besides.logical_id if besides and besides in events else ""
    return [each for name, each in failures.items() if name != same]
