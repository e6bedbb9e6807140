"""Finds the events of a stack's last operation in its history; pure."""

from collections.abc import Iterable

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


def last_operation(newest_first: Iterable[StackEvent]) -> tuple[StackEvent, ...]:
    """Return the events of a stack's last operation, oldest first.

    An operation is known by its token, or, where whoever began it gave none, by its first
    event. A rollback that somebody continued later belongs to what it rolls back. No event
    is asked for beyond the first one of the operation before.

    Args:
        newest_first: The stack's events.
    """
    found: list[StackEvent] = []
    token: str | None = None
    begun = False
    for event in newest_first:
        if token is not None and event.token != token:
            if begun:
                break
            if not event.is_of_stack:
                # Late news of the operation before.
                continue
        token = event.token
        found.append(event)
        begun = begun or (event.is_of_stack and event.status in _STARTS)
        if begun and not token:
            break
    return tuple(reversed(found))
