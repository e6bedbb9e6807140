"""What the local CloudFormation knows: its stacks, their resources, events and change sets.

Everything is in memory and behind one lock. Records are frozen and replaced as a whole;
only the stack itself changes, and only through its methods.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import RLock
from typing import TYPE_CHECKING, Any

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.drift_records import ResourceDrift
from cdinfra.local.cloudformation.events import STACK_TYPE, StackEvent, build_event_id
from cdinfra.local.cloudformation.parameters import ParameterValue
from cdinfra.local.cloudformation.scope import OutputValue
from cdinfra.local.cloudformation.status import DriftStatus, ResourceStatus
from cdinfra.local.cloudformation.template import ResourceDefinition, Template
from cdinfra.local.resources.contract import Properties, Resource

if TYPE_CHECKING:
    from cdinfra.local.cloudformation.operation import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class StackResource:
    """One resource of a stack, as the last operation left it.

    Attributes:
        definition: How the template defines it.
        token: The random end of the names that CloudFormation makes up for it.
        status: Its status.
        reason: Why it has that status.
        updated_at: When it got it, UTC.
        physical_id: What ``Ref`` returns; empty where nothing was made.
        attributes: What ``Fn::GetAtt`` returns.
        properties: Resolved properties that it truly has.
        literal: The same with the dynamic references as they stand.
        attempted: Properties that a failed update may have half applied; None otherwise.
        shown: Its literal properties without secrets, as the JSON that events show.
        tags: The stack's tags that it was given.
        drift: What drift detection found; None where it was not checked.
    """

    definition: ResourceDefinition
    token: str
    status: ResourceStatus
    reason: str = ""
    updated_at: datetime
    physical_id: str = ""
    attributes: Properties = field(default_factory=dict)
    properties: Properties = field(default_factory=dict)
    literal: Properties = field(default_factory=dict)
    attempted: Properties | None = None
    shown: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    drift: ResourceDrift | None = None

    @property
    def logical_id(self) -> str:
        """Name in the template."""
        return self.definition.logical_id

    @property
    def resource_type(self) -> str:
        """Type, for example ``AWS::EC2::VPC``."""
        return self.definition.resource_type

    @property
    def exists(self) -> bool:
        """Whether it was made and is not deleted."""
        return bool(self.physical_id) and self.status not in {
            ResourceStatus.DELETE_COMPLETE,
            ResourceStatus.DELETE_SKIPPED,
        }

    @property
    def resource(self) -> Resource:
        """The resource as references see it."""
        return Resource(physical_id=self.physical_id, attributes=self.attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackVersion:
    """What the caller wants of a stack: one template with its settings.

    Attributes:
        template: The template.
        parameters: Value of each parameter.
        tags: The stack's tags.
        capabilities: Acknowledged capabilities.
        notification_arns: Topics that are told every event.
        role_arn: Service role, which exists; the local cloud checks no permissions.
        rollback_configuration: Alarms that roll back, and how long they are watched.
    """

    template: Template
    parameters: Mapping[str, ParameterValue]
    tags: Mapping[str, str]
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    role_arn: str = ""
    rollback_configuration: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPoint:
    """The stack as it was before an update, for the way back.

    Attributes:
        version: Template and settings.
        resources: The resources by logical id.
        outputs: The outputs.
        imports: The exports that it used.
    """

    version: StackVersion
    resources: Mapping[str, StackResource]
    outputs: tuple[OutputValue, ...]
    imports: frozenset[str]


@dataclass(kw_only=True, eq=False)
class Stack:
    """One stack. Read and changed under ``lock`` only.

    Attributes:
        lock: The one lock of the store.
        stack_id: ARN.
        name: Name.
        created_at: When it was asked for, UTC.
        version: What it is, or is on the way to be; None for a stack in review.
        resources: By logical id.
        imports: Names of the exports of other stacks that it uses.
        leftovers: Replaced and removed resources that the cleanup has still to delete.
        rollback_point: Where a failed update goes back to.
        parent_id: ARN of the stack that this one is a resource of; empty for most.
        root_id: ARN of the outermost such stack; empty likewise.
        version_before: What it was before its parent's last update, for the parent's way back.
        was_complete: Whether an operation on it ever succeeded.
        operation: The operation under way, or None.
        last_operations: ``(kind, id)``, newest first.
    """

    lock: RLock
    stack_id: str
    name: str
    created_at: datetime
    version: StackVersion | None = None
    status: StackStatus = StackStatus.REVIEW_IN_PROGRESS
    reason: str = ""
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    change_set_id: str = ""
    parent_id: str = ""
    root_id: str = ""
    version_before: StackVersion | None = None
    resources: dict[str, StackResource] = field(default_factory=dict)
    leftovers: list[StackResource] = field(default_factory=list)
    outputs: tuple[OutputValue, ...] = ()
    imports: frozenset[str] = frozenset()
    events: list[StackEvent] = field(default_factory=list)
    rollback_point: RollbackPoint | None = None
    operation: "Operation | None" = None
    last_operations: tuple[tuple[str, str], ...] = ()
    was_complete: bool = False
    disable_rollback: bool = False
    retain_except_on_create: bool = False
    deletion_mode: str = ""
    timeout_minutes: int | None = None
    termination_protection: bool = False
    policy: str = ""
    drift_status: DriftStatus = DriftStatus.NOT_CHECKED
    drift_checked_at: datetime | None = None

    @property
    def region(self) -> str:
        """Region, as the ARN says."""
        return self.stack_id.split(":")[3]

    @property
    def account(self) -> str:
        """Account, as the ARN says."""
        return self.stack_id.split(":")[4]

    @property
    def partition(self) -> str:
        """Partition, as the ARN says."""
        return self.stack_id.split(":")[1]

    def transition(self, status: StackStatus, at: datetime, reason: str = "") -> None:
        """Give the stack a new status, and tell it as an event.

        Args:
            status: The new status.
            at: The time, UTC.
            reason: Why.
        """
        with self.lock:
            self.status, self.reason = status, reason
            self._record(self.name, self.stack_id, STACK_TYPE, at, (status, reason, ""))

    def put(self, resource: StackResource) -> None:
        """Keep a resource as the current one of its logical id, and tell it as an event.

        Args:
            resource: The resource.
        """
        with self.lock:
            self.resources[resource.logical_id] = resource
            self.tell(resource)

    def tell(self, resource: StackResource) -> None:
        """Emit an event of a resource without keeping it.

        Args:
            resource: The resource; its ``reason`` is the event's.
        """
        with self.lock:
            self._record(
                resource.logical_id,
                resource.physical_id,
                resource.resource_type,
                resource.updated_at,
                (resource.status, resource.reason, resource.shown),
            )

    def _record(
        self,
        logical_id: str,
        physical_id: str,
        resource_type: str,
        at: datetime,
        said: tuple[str, str, str],
    ) -> None:
        status, reason, properties = said
        self.events.append(
            StackEvent(
                event_id=build_event_id(logical_id, resource_type, status, at),
                stack_id=self.stack_id,
                stack_name=self.name,
                operation_id=self.operation.operation_id if self.operation else "",
                token=self.operation.token if self.operation else "",
                logical_id=logical_id,
                physical_id=physical_id,
                resource_type=resource_type,
                timestamp=at,
                status=status,
                reason=reason,
                properties=properties,
            )
        )

    def forget(self, logical_id: str) -> None:
        """Take a resource out of the stack without an event."""
        with self.lock:
            self.resources.pop(logical_id, None)

    def revise(self, logical_id: str, definition: ResourceDefinition) -> None:
        """Give a resource a new definition where nothing of it has to be done."""
        with self.lock:
            self.resources[logical_id] = replace(self.resources[logical_id], definition=definition)

    def remember(self) -> RollbackPoint:
        """Return the stack as it is now.

        Raises:
            RuntimeError: The stack is in review and was never made.
        """
        with self.lock:
            if self.version is None:
                raise RuntimeError(f"stack {self.name} has no template yet")
            return RollbackPoint(
                version=self.version,
                resources=dict(self.resources),
                outputs=self.outputs,
                imports=self.imports,
            )
