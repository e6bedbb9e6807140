"""Events as plain lines, one a line and stable, for pipes and CI logs."""

from datetime import datetime
from typing import assert_never

from cdinfra.cli.render.style import outcome_text, status_text, strong
from cdinfra.cli.render.words import NAME_WIDTH, clock, duration, printable, stamp
from cdinfra.events import (
    Event,
    ExpectedTimes,
    HookOutput,
    HookStarted,
    Notice,
    Outcome,
    ResourceChanged,
    StackFinished,
    StackStarted,
)

_STATUS_WIDTH = 28


def event_line(event: Event, now: datetime) -> str:
    """Return an event as one line that starts with the time of day in UTC; empty for none.

    Args:
        event: What happened.
        now: When, for events that carry no time of their own.
    """
    match event:
        case StackStarted():
            text = f"{_name(event.stack)} {event.verb} {event.stack_name}"
        case ResourceChanged():
            return f"{clock(event.timestamp)} {_resource(event)}"
        case StackFinished():
            text = f"{_name(event.stack)} {finished(event)}"
        case HookStarted():
            text = f"{_name(event.stack)} {event.when}: {printable(event.command)}"
        case HookOutput():
            text = f"{_name(event.stack)} | {printable(event.line)}"
        case Notice():
            text = printable(event.message)
        case ExpectedTimes():
            # It stands beside the time that passes, not on a line of its own.
            return ""
        case _:
            assert_never(event)
    return f"{clock(now)} {text}"


def dated_line(event: ResourceChanged) -> str:
    """Return an event of the past as one line that starts with its date and time in UTC."""
    return f"{stamp(event.timestamp)} {_resource(event)}"


def _name(stack: str) -> str:
    return strong(f"{printable(stack):<{NAME_WIDTH}}")


def _resource(event: ResourceChanged) -> str:
    padding = " " * max(0, _STATUS_WIDTH - len(event.status))
    words = f"{printable(event.logical_id)} {printable(event.resource_type)}"
    reason = f": {printable(event.reason)}" if event.reason else ""
    source = f" [{printable(event.source)}]" if event.source else ""
    return f"{_name(event.stack)} {status_text(event.status)}{padding} {words}{reason}{source}"


def finished(event: StackFinished) -> str:
    """Return how the work on a stack ended: ``updated in 12 s``, ``failed after 3.0 s: …``."""
    outcome = outcome_text(event.outcome, event.outcome)
    cause = f": {printable(event.cause)}" if event.cause else ""
    match event.outcome:
        case Outcome.UNCHANGED | Outcome.SKIPPED:
            return f"{outcome}{cause}"
        case Outcome.CANCELLED:
            return f"{outcome} after {duration(event.seconds)}{cause}"
        case Outcome.FAILED:
            status = f" ({event.status})" if event.status else ""
            # The resource's own event has told the cause already, and the error will again.
            shown = f": {printable(event.resource)}" if event.resource else cause
            return f"{outcome} after {duration(event.seconds)}{status}{shown}"
        case (
            Outcome.CREATED
            | Outcome.UPDATED
            | Outcome.IMPORTED
            | Outcome.DELETED
            | Outcome.ROLLED_BACK
        ):
            return f"{outcome} in {duration(event.seconds)}"
        case _:
            assert_never(event.outcome)
