"""The latest events of several stacks as one history."""

from collections.abc import Iterable
from itertools import islice

from cdinfra.aws.cloud import StackApi
from cdinfra.deploy.operations import told
from cdinfra.deploy.summary import StackSummary
from cdinfra.events import ResourceChanged


def describe_latest_events(
    stacks: StackApi, summaries: Iterable[StackSummary], limit: int
) -> tuple[ResourceChanged, ...]:
    """Return the latest events of the deployed stacks, oldest first.

    Args:
        stacks: CloudFormation.
        summaries: The stacks.
        limit: Most events to return.

    Raises:
        CloudError: The cloud cannot be asked.
    """
    history = [
        told(each.stack, event)
        for each in summaries
        if each.status
        for event in reversed(tuple(islice(stacks.describe_events(each.stack_name), limit)))
    ]
    # Sorting is stable: events of a stack at the same moment keep their order.
    return tuple(sorted(history, key=lambda event: event.timestamp)[-limit:])
