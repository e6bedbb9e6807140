"""What will be done, as frozen values: the planner makes them, everything else reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cdinfra.aws.account import Account
from cdinfra.aws.change_set import (
    ChangeAction,
    PropertyChange,
    Replacement,
    ResourceChange,
    ResourceToImport,
)
from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.deploy.user_data_change import UserDataChange
from cdinfra.model import HOME, Hook, Place, StackSettings
from cdinfra.model.hook import AROUND_STACK

__all__ = [
    "ChangeAction",
    "Plan",
    "PropertyChange",
    "Replacement",
    "ResourceChange",
    "ResourceToImport",
    "StackAction",
    "ValueChange",
    "Verb",
]


class Verb(StrEnum):
    """What is done with a stack."""

    CREATE = "create"
    UPDATE = "update"
    IMPORT = "import"
    DELETE = "delete"
    UNCHANGED = "unchanged"


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
        stack_id: Its ARN now; empty where it does not exist.
        deletes_first: What is there is deleted before the stack is created: the rest of
            a creation that failed.
        follows: Nothing is started: the operation under way is followed to its end.
        continues_rollback: A rollback that failed is finished, and nothing else is done.
        leaves: Logical ids of resources that a deletion leaves in the account, or that the
            rollback leaves as they are, as asked for.
        is_forced: Whether a deletion leaves whatever it cannot delete, as asked for.
        after: Names of the app's stacks that must be finished before this one starts.
        reason: Why, in a few words: "is not in infra.py any more"; else empty.
        body: The template to deploy, as JSON; empty for a deletion.
        parameters: Values known now.
        retained: Parameters that keep the value which the deployed stack has.
        pending: Parameters whose values come from outputs that this plan may still
            change, by name, each with ``stack.Output``. Their values are read when the
            stack's turn comes. An unchanged stack may have some: it is looked at again then.
        tags: Tags of the stack.
        settings: What CloudFormation is told about it besides its template, and its hooks.
        deployed_settings: What CloudFormation goes by now.
        pending_settings: Outputs that settings are made of and that this plan may still
            change, each ``stack.Output``.
        sets_protection: Whether termination protection is switched on or off; None for neither.
        sets_policy: The stack policy that is set, as JSON; None for none.
        needs_change_set: Whether something changes besides these two.
        imports: The resources that the stack takes in; only where that is what is done.
        resources: What happens to its resources.
        values: Changes of the stack itself: ``Parameters.…``, ``Outputs.…``, ``Tags.…``,
            ``Settings.…``.
        user_data: What changes in the user data of hosts.
        change_set_arn: The change set that shows this; empty where none was needed.
        change_set_parameters: The values that it was made with.
        change_set_settings: The settings that it was made with.
        place: Region and account, as ``infra.py`` names them.
        location: Region and account, as they are; None where the app is in one place.
    """

    stack: str
    stack_name: str
    verb: Verb
    status: str = ""
    stack_id: str = ""
    deletes_first: bool = False
    follows: bool = False
    continues_rollback: bool = False
    leaves: tuple[str, ...] = ()
    is_forced: bool = False
    after: tuple[str, ...] = ()
    reason: str = ""
    body: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    retained: tuple[str, ...] = ()
    pending: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    settings: StackSettings = field(default_factory=StackSettings)
    deployed_settings: OperationSettings = field(default_factory=OperationSettings)
    pending_settings: tuple[str, ...] = ()
    sets_protection: bool | None = None
    sets_policy: str | None = None
    needs_change_set: bool = True
    imports: tuple[ResourceToImport, ...] = ()
    resources: tuple[ResourceChange, ...] = ()
    values: tuple[ValueChange, ...] = ()
    user_data: tuple[UserDataChange, ...] = ()
    change_set_arn: str = ""
    change_set_parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    change_set_settings: OperationSettings = field(default_factory=OperationSettings)
    place: Place = HOME
    location: Account | None = None

    @property
    def done_verb(self) -> Verb:
        """What is done if anything is: an unchanged stack may be updated after all."""
        return Verb.UPDATE if self.verb is Verb.UNCHANGED else self.verb

    @property
    def hooks(self) -> tuple[Hook, ...]:
        """The hooks that run if anything is done."""
        verb = str(self.done_verb)
        hooks = (each for each in self.settings.hooks or () if each.when in AROUND_STACK)
        return tuple(each for each in hooks if verb in each.on)

    @property
    def may_change(self) -> bool:
        """Whether an unchanged stack is looked at again when its turn comes."""
        return bool(self.pending or self.pending_settings)

    @property
    def changes_template(self) -> bool:
        """Whether the stack gets a template; else an operation needs none."""
        return not (self.verb is Verb.DELETE or self.follows or self.continues_rollback)


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
