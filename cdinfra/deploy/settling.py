"""Gives a stack the outputs that are known by now of the stacks before it; pure."""

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from cdinfra.deploy.foreseen import Foreseen
from cdinfra.deploy.inputs import HIDDEN, is_hidden
from cdinfra.deploy.observe import Observed
from cdinfra.deploy.plan import StackAction, ValueChange, Verb
from cdinfra.deploy.planner import waits_for


def upstreams(pending: Mapping[str, str]) -> AbstractSet[str]:
    """Return the stacks from which pending parameters come."""
    return {reference.split(".", 1)[0] for reference in pending.values()}


def surely_other(pending: Mapping[str, str], foreseen: Mapping[str, Foreseen]) -> dict[str, str]:
    """Return the pending parameters that surely get another value than the deployed one."""
    return {
        name: reference
        for name, reference in pending.items()
        for stack, output in [reference.split(".", 1)]
        if output in foreseen[stack].surely_other
    }


def settle(
    action: StackAction, foreseen: Mapping[str, Foreseen], observed: Observed
) -> StackAction:
    """Return an action with the pending parameters that are known by now.

    An unchanged stack of which a parameter changes becomes an update.

    Args:
        action: What is done with the stack.
        foreseen: The outputs of the stacks before it.
        observed: What exists.
    """
    if not action.pending:
        return action
    known = {
        name: foreseen[stack].known[output]
        for name, reference in action.pending.items()
        for stack, output in [reference.split(".", 1)]
        if output in foreseen[stack].known
    }
    pending = {name: each for name, each in action.pending.items() if name not in known}
    others = surely_other(pending, foreseen)
    settled = replace(action, parameters={**action.parameters, **known}, pending=pending)
    if action.verb not in {Verb.UPDATE, Verb.UNCHANGED}:
        return settled
    after = {**known, **{name: f"(output {reference})" for name, reference in others.items()}}
    changes = tuple(_changes(action, after, observed))
    renewed = {each.name for each in changes}
    values = (*(each for each in action.values if each.name not in renewed), *changes)
    if action.verb is Verb.UNCHANGED and not changes:
        return replace(settled, reason=waits_for(settled))
    follows = f"follows {' and '.join(sorted(upstreams(others)))}" if others else ""
    return replace(
        settled,
        verb=Verb.UPDATE,
        reason=_reason(action, follows),
        values=values,
        needs_change_set=action.needs_change_set or bool(changes),
    )


def _reason(action: StackAction, follows: str) -> str:
    return follows if action.verb is Verb.UNCHANGED else action.reason or follows


def _changes(
    action: StackAction, after: Mapping[str, str], observed: Observed
) -> Iterator[ValueChange]:
    before = observed.stacks[action.stack].description.parameters
    document = json.loads(action.body)
    for name, value in after.items():
        now = before.get(name)
        if is_hidden(document, name):
            yield ValueChange(name=f"Parameters.{name}", before=HIDDEN, after=HIDDEN)
        elif now != value:
            yield ValueChange(name=f"Parameters.{name}", before=now, after=value)


def moved_by(action: StackAction, settled: StackAction, observed: Observed) -> AbstractSet[str]:
    """Return the stacks from which a deployed stack gets another, known value.

    Args:
        action: The action before it was settled.
        settled: And after.
        observed: What exists.
    """
    if settled.verb is not Verb.UPDATE:
        return set()
    before = observed.stacks[action.stack].description.parameters
    waiting = upstreams(settled.pending)
    return {
        reference.split(".", 1)[0]
        for name, reference in action.pending.items()
        if name not in settled.pending and before.get(name) != settled.parameters[name]
    } - waiting
