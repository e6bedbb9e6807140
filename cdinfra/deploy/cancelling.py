"""What CloudFormation can take back of an operation, by the status that the stack has; pure.

A creation is cut short by deleting the stack. An update can be cancelled until its
cleanup begins. A deletion and a rollback go on.
Source: CloudFormation API reference, CancelUpdateStack, DeleteStack.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.stack_status import StackStatus

Cancel: TypeAlias = Callable[[str], None]
"""Starts to take an operation back; gets a token."""

WAYS_BACK: Mapping[str, str] = MappingProxyType(
    {
        StackStatus.CREATE_IN_PROGRESS: "cancel deletes what is made by now",
        StackStatus.UPDATE_IN_PROGRESS: "cancel rolls it back",
    }
)
"""The statuses in which an operation can be taken back, and how."""

TAKEN_BACK: Mapping[StackStatus, str] = MappingProxyType(
    {
        StackStatus.DELETE_COMPLETE: "what was made of it is deleted again",
        StackStatus.UPDATE_ROLLBACK_COMPLETE: "it is what it was before",
    }
)
"""The statuses in which an operation ends that was taken back, and what that means."""


def way_back(status: str) -> str:
    """Say what cancelling does to an operation.

    Args:
        status: The stack's status; empty where nothing is heard of the operation yet.
    """
    if not status:
        return "cancel takes it back"
    return WAYS_BACK.get(status, "cannot be cancelled, and goes on")


def canceller(stacks: StackApi, stack_id: str, status: StackStatus | None) -> Cancel | None:
    """Return what takes an operation back; None where CloudFormation knows no way.

    Args:
        stacks: CloudFormation.
        stack_id: ARN of the stack.
        status: Its status; None where it is gone.
    """
    match status:
        case StackStatus.CREATE_IN_PROGRESS:
            return lambda token: stacks.delete_stack(stack_id, token)
        case StackStatus.UPDATE_IN_PROGRESS:
            return lambda token: stacks.cancel_update(stack_id, token)
        case _:
            return None
