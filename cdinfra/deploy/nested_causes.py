"""Follows a nested stack that failed to the resource inside it that failed first."""

from collections.abc import Iterable
from dataclasses import dataclass

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.stacks import STACK_TYPE, StackEvent
from cdinfra.deploy.first_cause import describe_cause, first_cause, is_consequence
from cdinfra.deploy.last_operation import operations
from cdinfra.errors import CloudError


@dataclass(frozen=True, slots=True, kw_only=True)
class Innermost:
    """What failed first, however deep inside.

    Attributes:
        names: Logical ids from the outermost nested stack to the resource.
        event: Its failure.
        events: The operation on the stack that it stands in, oldest first; empty where it
            stands in no nested one.
    """

    names: tuple[str, ...]
    event: StackEvent
    events: tuple[StackEvent, ...] = ()

    @property
    def cancelled(self) -> tuple[str, ...]:
        """Paths of what was stopped beside it, in consequence."""
        inside = (each.logical_id for each in self.events if is_consequence(each))
        return tuple(" / ".join((*self.names[:-1], name)) for name in dict.fromkeys(inside))


def find_innermost(stacks: StackApi, failed: StackEvent) -> Innermost:
    """Return what failed inside of a nested stack; for any other resource, itself.

    Args:
        stacks: CloudFormation.
        failed: The failure of a resource of the outer stack.
    """
    found = Innermost(names=(failed.logical_id,), event=failed)
    while _is_nested(found.event):
        events = _operation_until(stacks, found.event)
        cause = first_cause(events)
        if cause is None or cause.is_of_stack:
            break
        found = Innermost(names=(*found.names, cause.logical_id), event=cause, events=events)
    return found


def describe_innermost_cause(stacks: StackApi, events: Iterable[StackEvent]) -> tuple[str, str]:
    """Return the first cause in words, and the outer stack's resource that it concerns.

    Either is empty where no event tells it.

    Args:
        stacks: CloudFormation; asked only where a nested stack failed first.
        events: The events of one operation, oldest first.
    """
    history = tuple(events)
    cause = first_cause(history)
    if cause is None or not _is_nested(cause):
        return describe_cause(history)
    found = find_innermost(stacks, cause)
    where = f"{' / '.join(found.names)} ({found.event.resource_type})"
    return f"{where}: {found.event.reason or found.event.status}", cause.logical_id


def _is_nested(event: StackEvent) -> bool:
    return event.resource_type == STACK_TYPE and bool(event.physical_id) and not event.is_of_stack


def _operation_until(stacks: StackApi, failed: StackEvent) -> tuple[StackEvent, ...]:
    """Return the inner operation that led to a failure; what came later is none of it."""
    try:
        for events in operations(stacks.describe_events(failed.physical_id)):
            if events[0].timestamp <= failed.timestamp:
                return events
    except CloudError:
        # The outer reason still says that it failed in there.
        return ()
    return ()
