"""Plans deletions: of stacks that are no longer wanted, and of everything; pure.

A stack is deleted before the stacks that it depends on. Which those are is told by
``infra.py`` as long as it still knows the stack; for others it is derived: a stack
depends on another if one of its parameters has the value of one of the other's outputs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.locations import AT
from cdinfra.deploy.observe import Observed, ObservedStack
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.deploy.refusals import refuse_foreign, refuse_unknown, refuse_unusable
from cdinfra.deploy.repairs import NO_REPAIRS, Repairs, blocked_lines, refuse_wrong_names
from cdinfra.deploy.statuses import RULES, Move
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import StackTemplate

NO_LONGER_WANTED = "is not in infra.py any more"
MOVED = "infra.py has it in another place"

SHORTEST_ID = 8
"""Values shorter than this ("true", "443") are equal by accident; every id of AWS is longer."""


def plan_removals(
    stacks: Iterable[ObservedStack], *, after: tuple[str, ...]
) -> tuple[StackAction, ...]:
    """Plan the deletion of stacks that are no longer wanted.

    Args:
        stacks: The stacks.
        after: Stacks that are worked on first: they may still refer to these.
    """
    gone = {each.stack: each for each in stacks}
    actions = _delete_in_order(gone, _derived(gone), NO_REPAIRS)
    return tuple(
        replace(
            each,
            after=(*after, *each.after),
            reason="; ".join(filter(None, (_why(each.stack), each.reason))),
        )
        for each in actions
    )


def _why(stack: str) -> str:
    return MOVED if AT in stack else NO_LONGER_WANTED


def plan_down(
    templates: tuple[StackTemplate, ...],
    observed: Observed,
    *,
    only: Iterable[str] = (),
    repairs: Repairs = NO_REPAIRS,
) -> Plan:
    """Plan what ``down`` does.

    Args:
        templates: The stacks that ``infra.py`` knows.
        observed: What exists.
        only: Names of the stacks to delete; none means all.
        repairs: What is asked for where a deletion has failed before.

    Raises:
        InvalidInputError: A name is not known, others depend on its stack, or
            somebody else's stack has that name.
        StackFailedError: A stack is protected, or cannot be deleted in its status.
    """
    names = tuple(only)
    refuse_unknown(names, {*observed.stacks, *(each.name for each in templates)})
    needs = _dependencies(templates, observed)
    chosen = {
        name: each
        for name, each in observed.stacks.items()
        if not names or name in names
        if RULES[each.description.status].down is not Move.NOTHING
    }
    refuse_foreign(observed, chosen.values(), deletes=True)
    _refuse_needed(needs, chosen)
    refuse_wrong_names("--retain", repairs.retained, chosen.values())
    refuse_unusable((), removed=chosen.values(), wanted={each.name for each in templates})
    inside = {name: tuple(set(needs[name]) & set(chosen)) for name in chosen}
    known = {each.name: each for each in templates}
    actions = tuple(
        replace(each, settings=known[each.stack].settings, place=known[each.stack].place)
        if each.stack in known
        else each
        for each in _delete_in_order(chosen, inside, repairs)
    )
    return Plan(app=observed.app, env=observed.env, actions=actions)


def _dependencies(
    templates: tuple[StackTemplate, ...], observed: Observed
) -> Mapping[str, tuple[str, ...]]:
    declared = {each.name: each.dependencies for each in templates}
    derived = _derived(observed.stacks)
    return {
        name: tuple(set(declared.get(name, derived[name])) & set(observed.stacks))
        for name in observed.stacks
    }


def _derived(stacks: Mapping[str, ObservedStack]) -> Mapping[str, tuple[str, ...]]:
    return {
        name: tuple(
            other
            for other, candidate in stacks.items()
            if other != name and _feeds(candidate, stack)
        )
        for name, stack in stacks.items()
    }


def _feeds(upstream: ObservedStack, stack: ObservedStack) -> bool:
    outputs = {each for each in upstream.description.outputs.values() if len(each) >= SHORTEST_ID}
    return not outputs.isdisjoint(stack.description.parameters.values())


def _refuse_needed(
    needs: Mapping[str, tuple[str, ...]], chosen: Mapping[str, ObservedStack]
) -> None:
    problems = []
    for needed in chosen:
        users = [name for name in needs if name not in chosen and needed in needs[name]]
        if users:
            one = len(users) == 1
            depend = f"{' and '.join(map(repr, users))} {'depends' if one else 'depend'} on it"
            hint = f"name {'it' if one else 'them'} too: {' '.join((needed, *users))}"
            message = f"cannot be deleted while {depend}"
            problems.append(Problem(path=f"stacks/{needed}", message=message, hint=hint))
    if problems:
        raise InvalidInputError(problems)


def _delete_in_order(
    stacks: Mapping[str, ObservedStack], needs: Mapping[str, tuple[str, ...]], repairs: Repairs
) -> tuple[StackAction, ...]:
    newest_first = sorted(
        stacks, key=lambda name: (stacks[name].description.created_at, name), reverse=True
    )
    dependents = {
        name: tuple(each for each in newest_first if name in needs[each]) for name in newest_first
    }
    try:
        order = tuple(TopologicalSorter(dependents).static_order())
    except CycleError:
        # Equal values by accident: a stack that was made later cannot be needed earlier.
        order = tuple(newest_first)
        dependents = {name: tuple(order[: order.index(name)]) for name in order}
    return tuple(_delete(stacks[name], dependents[name], repairs) for name in order)


def _delete(stack: ObservedStack, after: tuple[str, ...], repairs: Repairs) -> StackAction:
    description = stack.description
    failed = description.status is StackStatus.DELETE_FAILED
    return StackAction(
        stack=stack.stack,
        stack_name=description.name,
        verb=Verb.DELETE,
        status=description.status,
        stack_id=description.stack_id,
        after=after,
        reason=f"so far blocked by {'; '.join(blocked_lines(stack))}" if failed else "",
        leaves=repairs.retained_of(stack.stack) if failed else (),
        is_forced=failed and repairs.forced,
        location=stack.location,
    )
