"""Puts updates that only take resources away after the stacks that still use them; pure.

A network that loses a zone cannot delete the subnet in which a load balancer of another
stack stands. Where the new value of the output is known before, the stack behind is
updated first, and lets go of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cdinfra.deploy.plan import ChangeAction, Replacement, ResourceChange, StackAction, Verb


def shrink_last(
    actions: tuple[StackAction, ...], movers: Mapping[str, frozenset[str]]
) -> tuple[StackAction, ...]:
    """Return the actions in an order in which what is removed is let go of before.

    Args:
        actions: The plan, with all that changes.
        movers: For each stack, those behind it that get another, known value from it.
    """
    for action in actions:
        behind = movers.get(action.stack, frozenset())
        if behind and _only_removes(action):
            actions = _reversed(actions, action, behind) or actions
    return actions


def _only_removes(action: StackAction) -> bool:
    kinds = {each.action for each in action.resources}
    return (
        action.verb is Verb.UPDATE
        and ChangeAction.REMOVE in kinds
        and kinds <= {ChangeAction.REMOVE, ChangeAction.MODIFY}
        and not any(map(_is_replaced, action.resources))
    )


def _is_replaced(change: ResourceChange) -> bool:
    return change.action is ChangeAction.MODIFY and change.replacement is not Replacement.NEVER


def _reversed(
    actions: Iterable[StackAction], first: StackAction, behind: frozenset[str]
) -> tuple[StackAction, ...] | None:
    changed = []
    for action in actions:
        if action.stack == first.stack:
            reason = f"after {' and '.join(sorted(behind))}, where what is removed is in use"
            after = (*action.after, *sorted(behind))
            changed.append(replace(action, after=after, reason=action.reason or reason))
        elif action.stack in behind:
            after = tuple(name for name in action.after if name != first.stack)
            changed.append(replace(action, after=after))
        else:
            changed.append(action)
    return _in_order(changed)


def _in_order(actions: Iterable[StackAction]) -> tuple[StackAction, ...] | None:
    """Return the actions, each after those that it waits for; None where they form a circle."""
    waiting = list(actions)
    done: dict[str, StackAction] = {}
    names = {each.stack for each in waiting}
    while waiting:
        ready = next((each for each in waiting if names & {*each.after} <= done.keys()), None)
        if ready is None:
            return None
        waiting.remove(ready)
        done[ready.stack] = ready
    return tuple(done.values())
