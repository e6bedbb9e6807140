"""What will be done, as frozen values: the planner makes them, everything else reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verb(StrEnum):
    """What is done with a stack."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    UNCHANGED = "unchanged"


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
        properties: What changes inside it.
    """

    logical_id: str
    resource_type: str
    action: ChangeAction
    physical_id: str = ""
    replacement: Replacement = Replacement.NEVER
    loses_data: bool = False
    properties: tuple[PropertyChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange:
    """A parameter, an output or a tag of a stack before and after; None means absent."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StackAction:
    """What is done with one stack.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name.
        verb: What is done.
        status: The CloudFormation status now; empty where the stack does not exist.
        after: Names of the app's stacks that must be finished before this one starts.
        reason: Why, in a few words: "is not in infra.py any more"; else empty.
        body: The template to deploy, as JSON; empty for a deletion.
        parameters: Values known now.
        pending: Parameters whose values come from outputs that this plan may still
            change, by name, each with ``stack.Output``. Their values are read when the
            stack's turn comes.
        tags: Tags of the stack.
        resources: What happens to its resources.
        values: Changes of the stack itself: ``Parameters.…``, ``Outputs.…``, ``Tags.…``.
        change_set_arn: The change set that shows this; empty where none was needed.
    """

    stack: str
    stack_name: str
    verb: Verb
    status: str = ""
    after: tuple[str, ...] = ()
    reason: str = ""
    body: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    pending: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    resources: tuple[ResourceChange, ...] = ()
    values: tuple[ValueChange, ...] = ()
    change_set_arn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that one command will do, in an order in which it can be done."""

    app: str
    env: str
    actions: tuple[StackAction, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return all(action.verb is Verb.UNCHANGED for action in self.actions)
