"""A change set: what an update or create would do, kept until somebody executes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cdinfra.local.cloudformation.changes import ResourceChange
from cdinfra.local.cloudformation.state import StackVersion
from cdinfra.local.cloudformation.status import ChangeSetStatus, ExecutionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceToImport:
    """A resource that exists and becomes part of a stack.

    Attributes:
        logical_id: Its name in the template.
        resource_type: Its type.
        physical_id: Its id in its service.
    """

    logical_id: str
    resource_type: str
    physical_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """One change set.

    Attributes:
        change_set_id: ARN.
        name: Name, unique in its stack.
        stack_id: ARN of the stack.
        stack_name: Name of the stack.
        kind: ``CREATE``, ``UPDATE`` or ``IMPORT``.
        description: The caller's.
        created_at: When, UTC.
        version: What the stack would become.
        status: How far it is.
        reason: Why it failed.
        execution_status: Whether it can be executed.
        changes: What would change.
        imports: Which existing resources would be imported.
        settings: Other members of the request that the execution needs.
        token: The caller's ``ClientToken``.
    """

    change_set_id: str
    name: str
    stack_id: str
    stack_name: str
    kind: str
    description: str = ""
    created_at: datetime
    version: StackVersion
    status: ChangeSetStatus = ChangeSetStatus.CREATE_PENDING
    reason: str = ""
    execution_status: ExecutionStatus = ExecutionStatus.UNAVAILABLE
    changes: tuple[ResourceChange, ...] = ()
    imports: tuple[ResourceToImport, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    token: str = ""

    def outdated(self) -> "ChangeSet":
        """Return the change set as it is after the stack has changed."""
        if self.execution_status is not ExecutionStatus.AVAILABLE:
            return self
        return replace(self, execution_status=ExecutionStatus.OBSOLETE)
