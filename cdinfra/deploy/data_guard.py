"""Keeps a plan from losing data that nobody named.

A yes to a plan of forty changes is no yes to the one among them that deletes a database.
So each resource whose data is lost has to be named, ``stack/LogicalId``; and a name that
loses nothing is refused too: left behind in a pipeline, it would one day permit a loss that
nobody had in mind.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cdinfra.deploy.data_loss import is_surely_lost
from cdinfra.deploy.plan import ChangeAction, Plan, ResourceChange
from cdinfra.errors import DataLossError, InvalidInputError, Problem, nearest

OPTION = "--allow-data-loss"
"""The option that names a resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLoss:
    """One resource whose data a plan destroys.

    Attributes:
        stack: Name within the app.
        change: What happens to the resource.
    """

    stack: str
    change: ResourceChange

    @property
    def name(self) -> str:
        """How people name it: ``stack/LogicalId``."""
        return f"{self.stack}/{self.change.logical_id}"

    def __str__(self) -> str:
        """Return what happens: ``AWS::S3::Bucket pictures is deleted, and its data is lost``."""
        change = self.change
        what = " ".join(filter(None, (change.resource_type, change.physical_id)))
        lost = "is" if is_surely_lost(change) else "may be"
        if change.action is ChangeAction.REMOVE:
            return f"{what} is deleted, and its data {lost} lost"
        return f"{what} {lost} replaced, and its data {lost} lost"


def data_losses(plan: Plan) -> tuple[DataLoss, ...]:
    """Return every resource whose data a plan destroys, or may destroy."""
    return tuple(
        loss for action in plan.actions for loss in losses_in(action.stack, action.resources)
    )


def losses_in(stack: str, changes: Iterable[ResourceChange]) -> tuple[DataLoss, ...]:
    """Return what a stack's changes destroy, or may destroy.

    Args:
        stack: Its name within the app.
        changes: The changes, with ``loses_data`` set where it holds.
    """
    return tuple(DataLoss(stack=stack, change=each) for each in changes if each.loses_data)


def refuse_idle_names(plan: Plan, allowed: Iterable[str]) -> None:
    """Refuse names of resources that lose nothing.

    Args:
        plan: What would be done.
        allowed: Names, each ``stack/LogicalId``.

    Raises:
        InvalidInputError: There are such names.
    """
    losing = {each.name for each in data_losses(plan)}
    problems = [
        Problem(
            path=f"{OPTION} {name}",
            message="loses nothing in this plan",
            hint=nearest(name, losing) if losing else "leave it out",
        )
        for name in allowed
        if name not in losing
    ]
    if problems:
        raise InvalidInputError(problems)


def refuse_data_loss(losses: Iterable[DataLoss], allowed: Collection[str]) -> None:
    """Refuse to lose data that is not named.

    Args:
        losses: What would be lost.
        allowed: Names of the resources whose data may be lost.

    Raises:
        DataLossError: There is more; names each, and what to write to lose it.
    """
    unnamed = [each for each in losses if each.name not in allowed]
    if unnamed:
        options = " ".join(f"{OPTION} {each.name}" for each in unnamed)
        raise DataLossError(
            (Problem(path=each.name, message=str(each)) for each in unnamed),
            hint=f"keep it with a DeletionPolicy and an UpdateReplacePolicy, or lose it: {options}",
        )
