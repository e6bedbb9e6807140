"""Finds operations in a stack's history of events; pure."""

from collections.abc import Iterable, Iterator

from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackEvent

_STARTS = frozenset(
    {
        StackStatus.CREATE_IN_PROGRESS,
        StackStatus.UPDATE_IN_PROGRESS,
        StackStatus.DELETE_IN_PROGRESS,
        StackStatus.IMPORT_IN_PROGRESS,
    }
)
"""How an operation begins. One that begins with a rollback goes on with the one before."""


def begins_operation(event: StackEvent) -> bool:
    """Whether an operation on a stack begins with this event."""
    return event.is_of_stack and event.status in _STARTS


def operations(newest_first: Iterable[StackEvent]) -> Iterator[tuple[StackEvent, ...]]:
    """Yield the events of each operation on a stack, oldest first; the last operation first.

    An operation is known by its token, or, where whoever began it gave none, by its first
    event. A rollback that somebody continued later belongs to what it rolls back. No event
    is asked for beyond the first one of the operation before.

    Args:
        newest_first: The stack's events.
    """
    found: list[StackEvent] = []
    late: list[StackEvent] = []
    begun = False
    for event in newest_first:
        is_other = bool(found) and event.token != found[-1].token
        if is_other and not begun and not event.is_of_stack:
            # Late news of the operation before.
            late.append(event)
            continue
        if is_other and begun:
            yield tuple(reversed(found))
            found, late, begun = late, [], False
        found.append(event)
        begun = begun or begins_operation(event)
        if begun and not event.token:
            yield tuple(reversed(found))
            found, late, begun = late, [], False
    if found:
        yield tuple(reversed(found))


def last_operation(newest_first: Iterable[StackEvent]) -> tuple[StackEvent, ...]:
    """Return the events of a stack's last operation, oldest first; see :func:`operations`.

    Args:
        newest_first: The stack's events.
    """
    return next(operations(newest_first), ())
