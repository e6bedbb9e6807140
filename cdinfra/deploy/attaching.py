"""The operations that are under way already, whoever started them; and how they are followed."""

from collections.abc import Iterable

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.last_operation import last_operation
from cdinfra.deploy.observe import Observed, ObservedStack
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.deploy.tokens import describe_start
from cdinfra.errors import BusyError

_VERBS = {
    StackStatus.CREATE_IN_PROGRESS: Verb.CREATE,
    StackStatus.ROLLBACK_IN_PROGRESS: Verb.CREATE,
    StackStatus.DELETE_IN_PROGRESS: Verb.DELETE,
    StackStatus.IMPORT_IN_PROGRESS: Verb.IMPORT,
    StackStatus.IMPORT_ROLLBACK_IN_PROGRESS: Verb.IMPORT,
}
"""What was wanted of a stack, by the status in which it runs; of the others an update."""


def plan_attach(observed: Observed, *, only: Iterable[str] = ()) -> Plan:
    """Plan to follow what is under way to its end.

    Args:
        observed: What exists.
        only: Names of the stacks; none means all.
    """
    names = tuple(only)
    actions = tuple(
        _follow(each)
        for name, each in observed.stacks.items()
        if each.description.status.is_running and (not names or name in names)
    )
    return Plan(app=observed.app, env=observed.env, actions=actions)


def _follow(stack: ObservedStack) -> StackAction:
    status = stack.description.status
    return StackAction(
        stack=stack.stack,
        stack_name=stack.description.name,
        verb=_VERBS.get(status, Verb.UPDATE),
        status=status,
        stack_id=stack.description.stack_id,
        follows=True,
        reason="is under way already",
    )


def refuse_busy(running: Iterable[ObservedStack], stacks: StackApi) -> None:
    """Refuse to go on where that would mean to wait for others.

    Raises:
        BusyError: An operation is under way; says since when, and whose it is.
        CloudError: The cloud cannot be asked.
    """
    lines = []
    for each in running:
        description = each.description
        events = last_operation(stacks.describe_events(description.stack_id))
        lines.append(f"{description.name} is {description.status} ({describe_start(events)})")
    if lines:
        hint = "wait for it with: cdinfra attach; or leave --no-wait out"
        raise BusyError("\n".join(lines), hint=hint)
