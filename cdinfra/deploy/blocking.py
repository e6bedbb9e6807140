"""Which resources keep a stack that is stuck from going on."""

from collections.abc import Iterable

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.stacks import StackEvent, StackResource
from cdinfra.deploy.first_cause import is_consequence
from cdinfra.deploy.last_operation import last_operation


def describe_blocking(stacks: StackApi, stack_id: str) -> tuple[StackResource, ...]:
    """Return what a stack is stuck at, by its history; where that tells nothing, by its resources.

    Raises:
        CloudError: The cloud cannot be asked.
    """
    if found := blocking(last_operation(stacks.describe_events(stack_id))):
        return found
    resources = stacks.list_resources(stack_id)
    return tuple(each for each in resources if each.status.endswith("_FAILED"))


def blocking(events: Iterable[StackEvent]) -> tuple[StackResource, ...]:
    """Return the resources that did not do what the last phase of an operation wanted.

    What failed before its rollback began does not block that.

    Args:
        events: Those of the operation, oldest first.
    """
    last = {each.logical_id: each for each in _last_phase(events)}
    return tuple(
        StackResource(
            logical_id=each.logical_id,
            physical_id=each.physical_id,
            resource_type=each.resource_type,
            status=each.status,
            reason=each.reason,
        )
        for each in last.values()
        if each.status.endswith("_FAILED") and not is_consequence(each)
    )


def _last_phase(events: Iterable[StackEvent]) -> Iterable[StackEvent]:
    phase: list[StackEvent] = []
    for each in events:
        if each.is_of_stack and each.status.endswith("_IN_PROGRESS"):
            phase.clear()
        elif not each.is_of_stack:
            phase.append(each)
    return phase
