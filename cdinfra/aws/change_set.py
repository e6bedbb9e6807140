"""A change set: what CloudFormation says that it would do with a stack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.model import OnFailure


class ChangeAction(StrEnum):
    """What CloudFormation does with a resource.

    Source: DescribeChangeSet, ResourceChange, Action.
    """

    ADD = "Add"
    MODIFY = "Modify"
    REMOVE = "Remove"
    IMPORT = "Import"
    DYNAMIC = "Dynamic"


class Replacement(StrEnum):
    """Whether a change replaces the resource.

    Source: DescribeChangeSet, ResourceChange, Replacement.
    """

    NEVER = "False"
    CONDITIONAL = "Conditional"
    ALWAYS = "True"


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyChange:
    """One property of a resource before and after.

    Attributes:
        path: For example ``Properties.InstanceType`` or ``Tags.cdinfra:release``.
        before: The value now, as JSON where it is no string; None where it is not set.
        after: The value then; None where it is taken away.
        replacement: Whether this change replaces the resource.
    """

    path: str
    before: str | None
    after: str | None
    replacement: Replacement = Replacement.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange:
    """What happens to one resource.

    Attributes:
        logical_id: Name in the template.
        resource_type: For example ``AWS::EC2::Instance``.
        action: What CloudFormation does.
        physical_id: Its id now; empty where there is none.
        replacement: Whether the resource is replaced.
        loses_data: The change removes or replaces a resource that holds data, and no
            deletion policy retains it.
        rolls_hosts: The resource is a group of hosts that replaces them in turn, and
            stays itself, although its replacement is ``CONDITIONAL``.
        properties: What changes inside it.
    """

    logical_id: str
    resource_type: str
    action: ChangeAction
    physical_id: str = ""
    replacement: Replacement = Replacement.NEVER
    loses_data: bool = False
    rolls_hosts: bool = False
    properties: tuple[PropertyChange, ...] = ()


class ChangeSetType(StrEnum):
    """Whether a change set makes a stack, changes one, or takes existing resources into one.

    Source: CreateChangeSet, parameter ChangeSetType.
    """

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    IMPORT = "IMPORT"


class ChangeSetStatus(StrEnum):
    """How far CloudFormation is with the making of a change set.

    Source: DescribeChangeSet, Status.
    """

    CREATE_PENDING = "CREATE_PENDING"
    CREATE_IN_PROGRESS = "CREATE_IN_PROGRESS"
    CREATE_COMPLETE = "CREATE_COMPLETE"
    DELETE_PENDING = "DELETE_PENDING"
    DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"
    DELETE_COMPLETE = "DELETE_COMPLETE"
    DELETE_FAILED = "DELETE_FAILED"
    FAILED = "FAILED"

    @property
    def is_making(self) -> bool:
        """Whether the change set is still being made."""
        return self in {ChangeSetStatus.CREATE_PENDING, ChangeSetStatus.CREATE_IN_PROGRESS}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceToImport:
    """A resource that exists and is to become part of a stack.

    Attributes:
        logical_id: Name in the template.
        resource_type: For example ``AWS::S3::Bucket``.
        identifier: What names it in AWS: ``{"BucketName": "pictures"}``.
    """

    logical_id: str
    resource_type: str
    identifier: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSetRequest:
    """What a change set is asked for.

    Attributes:
        stack_name: Name of the stack, or its ARN.
        name: Name of the change set, at most 128 characters.
        kind: What becomes of the stack.
        body: The template; empty where ``template_url`` is given.
        template_url: Where the template lies, when it is too large to send.
        parameters: Values.
        retained: Parameters that keep the value which the stack has.
        tags: Tags of the stack.
        capabilities: What the template is allowed to do.
        settings: What CloudFormation goes by.
        deployed_settings: What it goes by now: whatever is no longer wanted is taken away.
        on_failure: What becomes of the stack when it fails; None leaves it to CloudFormation.
        imports: The resources that the stack takes in; only for ``IMPORT``.
    """

    stack_name: str
    name: str
    kind: ChangeSetType
    body: str = ""
    template_url: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    retained: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    settings: OperationSettings = field(default_factory=OperationSettings)
    deployed_settings: OperationSettings = field(default_factory=OperationSettings)
    on_failure: OnFailure | None = None
    imports: tuple[ResourceToImport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSetId:
    """The two names of a change set that was just asked for.

    Attributes:
        arn: ARN of the change set.
        stack_id: ARN of its stack.
    """

    arn: str
    stack_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """A change set as CloudFormation describes it.

    Attributes:
        arn: ARN.
        stack_id: ARN of its stack.
        status: How far it is.
        reason: Why it has that status; else empty.
        is_empty: It failed only because nothing would change.
        changes: What it would do, resource by resource.
    """

    arn: str
    stack_id: str
    status: ChangeSetStatus
    reason: str = ""
    is_empty: bool = False
    changes: tuple[ResourceChange, ...] = ()
