"""Finds out why a stack operation failed; pure."""

from collections.abc import Iterable

from cdinfra.aws.stacks import StackEvent
from cdinfra.events import ResourceChanged

CANCELLED_TEXTS = (
    "Resource creation cancelled",
    "Resource update cancelled",
    "Resource deletion cancelled",
    "Resource creation canceled",
    "Resource update canceled",
)
"""How the reason starts of a resource that was stopped because another one failed.

Source: CloudFormation user guide, "Troubleshooting CloudFormation".
"""


def is_consequence(event: StackEvent | ResourceChanged) -> bool:
    """Whether a resource was only stopped because another one failed."""
    return event.status.endswith("_FAILED") and event.reason.startswith(CANCELLED_TEXTS)


def first_cause(events: Iterable[StackEvent]) -> StackEvent | None:
    """Return the first failure in time order that is not the consequence of another.

    Args:
        events: The events of one operation, oldest first.
    """
    failures = [each for each in events if each.status.endswith("_FAILED")]
    own = [each for each in failures if not each.is_of_stack]
    causes = [each for each in own if not is_consequence(each)]
    return next(iter((*causes, *own, *failures)), None)


def describe_cause(events: Iterable[StackEvent]) -> tuple[str, str]:
    """Return the first cause in words, and the name of the resource that it concerns.

    Either is empty where no event tells it.
    """
    history = tuple(events)
    if cause := first_cause(history):
        if cause.is_of_stack:
            return cause.reason or cause.status, ""
        where = f"{cause.logical_id} ({cause.resource_type})"
        return f"{where}: {cause.reason or cause.status}", cause.logical_id
    # A rollback that a person or an alarm began has no failed resource.
    rolled_back = [each for each in history if each.is_of_stack and "ROLLBACK" in each.status]
    reasons = [each.reason for each in rolled_back if each.reason]
    return (reasons[0] if reasons else ""), ""
