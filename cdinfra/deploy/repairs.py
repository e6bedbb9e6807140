"""Ways out for stacks that are stuck, taken only where a person asks for them by name; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackResource
from cdinfra.deploy.observe import Observed, ObservedStack
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.deploy.statuses import RULES
from cdinfra.errors import InvalidInputError, Problem, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """What a person asks for. Resources are named ``stack/LogicalId``.

    Attributes:
        continue_rollback: Finish rollbacks that failed.
        skipped: Resources that such a rollback leaves as they are.
        retained: Resources that a deletion leaves in the account.
        forced: Whether a deletion leaves in the account whatever it cannot delete.
    """

    continue_rollback: bool = False
    skipped: tuple[str, ...] = ()
    retained: tuple[str, ...] = ()
    forced: bool = False

    def skipped_of(self, stack: str) -> tuple[str, ...]:
        """Return the logical ids that the rollback of a stack skips."""
        return _of(stack, self.skipped)

    def retained_of(self, stack: str) -> tuple[str, ...]:
        """Return the logical ids that the deletion of a stack leaves."""
        return _of(stack, self.retained)

    @property
    def continues(self) -> bool:
        """Whether rollbacks are to be finished: who skips a resource of one wants that."""
        return self.continue_rollback or bool(self.skipped)


NO_REPAIRS = Repairs()


def refuse_wrong_names(option: str, names: Iterable[str], stacks: Iterable[ObservedStack]) -> None:
    """Refuse names of resources that do not block their stack.

    Args:
        option: The option that gives the names.
        names: ``stack/LogicalId``.
        stacks: The stacks that are worked on.

    Raises:
        InvalidInputError: There are such names.
    """
    blocking = {
        f"{stack.stack}/{each.logical_id}"
        for stack in stacks
        if RULES[stack.description.status].option == option
        for each in stack.blocked_by
    }
    problems = [
        Problem(
            path=option,
            message=f"{name!r} is no resource that blocks its stack",
            hint=nearest(name, blocking) if blocking else "nothing blocks any of the stacks",
        )
        for name in names
        if name not in blocking
    ]
    if problems:
        raise InvalidInputError(problems)


def plan_rollbacks(observed: Observed, repairs: Repairs, *, only: Iterable[str] = ()) -> Plan:
    """Plan to finish the rollbacks that failed.

    Args:
        observed: What exists.
        repairs: Which resources are left as they are.
        only: Names of the stacks; none means all.

    Raises:
        InvalidInputError: A resource does not block its stack.
    """
    names = tuple(only)
    stuck = [
        each
        for name, each in observed.stacks.items()
        if each.description.status is StackStatus.UPDATE_ROLLBACK_FAILED
        if not names or name in names
    ]
    refuse_wrong_names("--skip-resource", repairs.skipped, stuck)
    actions = tuple(_continue(each, repairs.skipped_of(each.stack)) for each in stuck)
    return Plan(app=observed.app, env=observed.env, actions=actions)


def _continue(stack: ObservedStack, skipped: tuple[str, ...]) -> StackAction:
    left = f"; left as it is: {', '.join(skipped)}" if skipped else ""
    return StackAction(
        stack=stack.stack,
        stack_name=stack.description.name,
        verb=Verb.UPDATE,
        status=stack.description.status,
        stack_id=stack.description.stack_id,
        continues_rollback=True,
        leaves=skipped,
        reason=f"its rollback is finished{left}",
    )


def _of(stack: str, names: Iterable[str]) -> tuple[str, ...]:
    # The name of a stack that was moved has a slash of its own.
    pairs = (name.rpartition("/") for name in names)
    return tuple(logical_id for name, _, logical_id in pairs if name == stack)


def way_out(stack: ObservedStack) -> str:
    """Return what a person can do about a stack that is stuck."""
    rule = RULES[stack.description.status]
    return rule.hint_for(stack.stack, (each.logical_id for each in stack.blocked_by))


def blocked_lines(stack: ObservedStack) -> Iterator[str]:
    """Return for each resource that blocks a stack a line that names it, and says why."""
    return map(blocked_line, stack.blocked_by)


def blocked_line(resource: StackResource) -> str:
    """Return a line that names a resource that blocks its stack, and says why."""
    kind = f"{resource.resource_type} {resource.physical_id}".rstrip()
    return f"{resource.logical_id} ({kind}): {resource.reason or resource.status}"
