"""What was agreed to, for change sets that are made only while a plan is carried out.

Where a stack is fed by another of the same run, what happens to it is known for sure only
once the other one is done. What comes up then and was not shown is not done.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdinfra.deploy.data_guard import (
    data_losses,
    losses_in,
    refuse_data_loss,
    refuse_idle_names,
)
from cdinfra.deploy.data_loss import HOLDING_TYPES, mark_data_loss
from cdinfra.deploy.outputs_at_risk import references
from cdinfra.deploy.plan import (
    ChangeAction,
    Plan,
    Replacement,
    ResourceChange,
    StackAction,
    Verb,
)
from cdinfra.errors import MovedPlanError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What a run may do.

    Attributes:
        exactly: Nothing that the plan does not say: the plan was saved and reviewed.
        guards_data: Only the data that is named may be lost.
        data_loss: Resources whose data may be lost, each ``stack/LogicalId``.
    """

    exactly: bool = False
    guards_data: bool = False
    data_loss: tuple[str, ...] = ()

    def permits_loss(self, name: str) -> bool:
        """Whether the data of a resource, ``stack/LogicalId``, may be lost."""
        return not self.guards_data or name in self.data_loss

    def check_plan(self, plan: Plan) -> None:
        """Check a plan before anything of it is done.

        Raises:
            InvalidInputError: A name loses nothing.
            DataLossError: Data would be lost that is not named.
        """
        refuse_idle_names(plan, self.data_loss)
        if self.guards_data:
            refuse_data_loss(data_losses(plan), self.data_loss)

    def check(
        self, action: StackAction, changes: Iterable[ResourceChange], before: Mapping[str, Any]
    ) -> None:
        """Check a change set that was made after the plan was agreed to.

        Args:
            action: What was planned for the stack.
            changes: What CloudFormation would do now.
            before: The deployed template.

        Raises:
            MovedPlanError: It would do what the plan does not say.
            DataLossError: Data would be lost that is not named.
        """
        now = tuple(changes)
        # A new stack of the same template can only add what is in it.
        is_new = action.verb is Verb.CREATE
        if self.exactly and not is_new and (problems := tuple(_unforeseen(action, now))):
            raise MovedPlanError(problems, hint="make a new plan: cdinfra diff --save FILE")
        if self.guards_data:
            after = json.loads(action.body)
            marked = (mark_data_loss(each, before, after) for each in now)
            refuse_data_loss(losses_in(action.stack, marked), self.data_loss)


ANYTHING = Approval()
"""Whatever the plan comes to."""


def _unforeseen(action: StackAction, changes: Iterable[ResourceChange]) -> Iterator[Problem]:
    path = f"stacks/{action.stack}"
    if action.verb is Verb.UNCHANGED:
        message = "was to stay as it is, and would change now"
        yield Problem(path=path, message=message, hint=action.reason)
        return
    foreseen = {each.logical_id: each for each in action.resources}
    followers = _followers(json.loads(action.body), foreseen)
    for change in changes:
        follows = change.logical_id in followers and _is_harmless(change)
        if not follows and not _covers(foreseen.get(change.logical_id), change):
            done = "replaced" if change.replacement is Replacement.ALWAYS else "changed"
            message = f"would be {done} ({change.action}), which the plan does not say"
            yield Problem(path=f"{path}/resources/{change.logical_id}", message=message)


def _covers(foreseen: ResourceChange | None, change: ResourceChange) -> bool:
    if foreseen is None or foreseen.action is not change.action:
        return False
    return Replacement.NEVER is change.replacement or Replacement.NEVER is not foreseen.replacement


def _followers(document: Mapping[str, Any], changed: Iterable[str]) -> set[str]:
    """Return the resources that refer to changed ones, directly or not.

    CloudFormation lists them as perhaps changed, until it knows the new values.
    """
    resources: Mapping[str, Any] = document.get("Resources", {})
    named = {name: {each for each, _ in references(one)} for name, one in resources.items()}
    found, newest = set[str](), set(changed)
    while newest:
        newest = {name for name, others in named.items() if others & newest} - found
        found |= newest
    return found


def _is_harmless(change: ResourceChange) -> bool:
    return (
        change.action is ChangeAction.MODIFY
        and change.replacement is not Replacement.ALWAYS
        and (change.replacement is Replacement.NEVER or change.resource_type not in HOLDING_TYPES)
    )
