"""What happened to a stack and its resources, one frozen record for each change of a status."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

STACK_TYPE = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvent:
    """One event of a stack.

    Attributes:
        event_id: Unique.
        stack_id: ARN of the stack.
        stack_name: Name of the stack.
        operation_id: Of the operation that the event belongs to; empty outside of one.
        token: ``ClientRequestToken`` of the operation; empty where the caller gave none.
        logical_id: Of the resource, or the stack's name.
        physical_id: Of the resource, or the stack's ARN.
        resource_type: Of the resource, or the stack's.
        timestamp: When, UTC.
        status: The new status.
        reason: Why; empty where there is nothing to say.
        properties: The resource's properties as JSON; empty for a stack.
    """

    event_id: str
    stack_id: str
    stack_name: str
    operation_id: str
    token: str
    logical_id: str
    physical_id: str
    resource_type: str
    timestamp: datetime
    status: str
    reason: str = ""
    properties: str = ""


def build_event_id(logical_id: str, resource_type: str, status: str, timestamp: datetime) -> str:
    """Return the id of a new event, shaped as CloudFormation's.

    A resource's id tells resource, status and time; a stack's is a UUID. Two events of a
    resource in the same millisecond are told apart by a few random digits.
    """
    unique = str(uuid4())
    if resource_type == STACK_TYPE:
        return unique
    moment = timestamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{logical_id}-{status}-{moment}-{unique[:8]}"
