"""What CloudFormation says about stacks, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.aws.stack_status import StackStatus

STACK_TYPE = "AWS::CloudFormation::Stack"
"""Type of the events that concern a stack as a whole, and of nested stacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackDescription:
    """A stack as DescribeStacks shows it.

    Attributes:
        stack_id: ARN; stays valid after the stack is deleted.
        name: Name.
        status: Status.
        reason: Why it has that status; else empty.
        created_at: When it was made.
        updated_at: When it was last changed; None where it never was.
        parameters: Values; a hidden one (``NoEcho``) shows as ``****``.
        resolved: Values that SSM parameters had at the last operation, by parameter.
        outputs: Outputs.
        tags: Tags.
        protected: Whether termination protection is on.
        settings: What CloudFormation goes by in every operation.
        parent_id: ARN of the stack that this one is a resource of; else empty.
        drift: ``IN_SYNC``, ``DRIFTED`` or ``NOT_CHECKED``, as of the last detection.
    """

    stack_id: str
    name: str
    status: StackStatus
    created_at: datetime
    reason: str = ""
    updated_at: datetime | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    resolved: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    protected: bool = False
    settings: OperationSettings = field(default_factory=OperationSettings)
    parent_id: str = ""
    drift: str = "NOT_CHECKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedStack:
    """A stack that is gone, as ListStacks shows it for 90 days.

    Source: CloudFormation API reference, ListStacks.

    Attributes:
        stack_id: ARN, by which its events are still there.
        name: Name; another stack may have it by now.
        deleted_at: When it was deleted.
        parent_id: ARN of the stack that it was a resource of; else empty.
    """

    stack_id: str
    name: str
    deleted_at: datetime
    parent_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvent:
    """A new status of a stack or of one of its resources.

    Attributes:
        event_id: Unique id.
        stack_id: ARN of the stack.
        timestamp: When.
        logical_id: Name of the resource in the template; for the stack, its name.
        physical_id: Id of the resource; for the stack, its ARN; empty while there is none.
        resource_type: For example ``AWS::EC2::VPC``.
        status: For example ``CREATE_COMPLETE``.
        reason: Why; else empty.
        token: ``ClientRequestToken`` of the operation that this belongs to; else empty.
    """

    event_id: str
    stack_id: str
    timestamp: datetime
    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str = ""
    token: str = ""

    @property
    def is_of_stack(self) -> bool:
        """Whether it concerns the stack itself, not one of its resources."""
        return self.resource_type == STACK_TYPE and self.physical_id == self.stack_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StackResource:
    """A resource that a stack has.

    Attributes:
        logical_id: Name in the template.
        physical_id: Its id; empty where it was never made.
        resource_type: For example ``AWS::EC2::VPC``.
        status: For example ``CREATE_COMPLETE``.
        reason: Why it has that status; else empty.
    """

    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str = ""

    @property
    def is_owned(self) -> bool:
        """Whether the stack has it: what is deleted, or let go of, may still be listed."""
        return self.status not in {"DELETE_COMPLETE", "DELETE_SKIPPED"}
