"""A plan as text: every stack, what changes in it, and loudly what is replaced or lost."""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator

from cdinfra.cli.render.changes import change_lines
from cdinfra.cli.render.style import MARKS, faint, loud, strong, verb_text
from cdinfra.cli.render.user_data import user_data_lines
from cdinfra.cli.render.words import count, printable
from cdinfra.deploy.data_guard import data_losses
from cdinfra.deploy.data_loss import is_surely_lost
from cdinfra.deploy.plan import (
    ChangeAction,
    Plan,
    PropertyChange,
    Replacement,
    ResourceChange,
    StackAction,
    Verb,
)
from cdinfra.deploy.user_data_change import UserDataChange

_RESOURCE_MARKS = {ChangeAction.ADD: "+", ChangeAction.REMOVE: "-", ChangeAction.IMPORT: ">"}
_MARK_VERBS = {"+": Verb.CREATE, "-": Verb.DELETE, "-/+": Verb.DELETE, ">": Verb.IMPORT}
_SHOWS_RESOURCES = frozenset({Verb.UPDATE, Verb.IMPORT})


def plan_lines(plan: Plan, *, every_resource: bool = False) -> Iterator[str]:
    """Return a plan as lines.

    Args:
        plan: What will be done.
        every_resource: Name each resource of stacks that are created or deleted, too,
            instead of how many there are of each type.
    """
    unchanged = [
        action.stack
        for action in plan.actions
        if action.verb is Verb.UNCHANGED and not action.reason
    ]
    for action in plan.actions:
        if action.stack not in unchanged:
            yield from _stack_lines(action, every_resource=every_resource)
            yield ""
    if unchanged:
        yield f"{MARKS[Verb.UNCHANGED]} unchanged: {', '.join(unchanged)}"
        yield ""
    yield summary(plan)
    yield from _warnings(plan)


def _stack_lines(action: StackAction, *, every_resource: bool) -> Iterator[str]:
    mark = verb_text(action.verb, f"{MARKS[action.verb]} {action.verb}")
    reason = f"  ({_reason(action)})" if _reason(action) else ""
    place = f"  in {action.location}" if action.location else ""
    yield f"{mark} {strong(action.stack)}  {faint(action.stack_name)}{place}{reason}"
    listed: Iterable[ResourceChange] = action.resources
    if action.verb not in _SHOWS_RESOURCES and not every_resource:
        yield from _by_type(action.resources)
        listed = [change for change in action.resources if change.loses_data]
    user_data = {each.logical_id: each for each in action.user_data}
    for change in listed:
        yield from _resource_lines(change, user_data.get(change.logical_id))
    yield from _hook_lines(action)
    if action.verb in {Verb.CREATE, Verb.UPDATE}:
        for value in action.values:
            for line in change_lines(value.name, value.before, value.after):
                yield "    " + line


def _hook_lines(action: StackAction) -> Iterator[str]:
    for hook in action.hooks:
        yield f"    {faint(f'runs {hook.when}:')} {printable(shlex.join(hook.command))}"


def _reason(action: StackAction) -> str:
    first = "it is deleted first" if action.deletes_first else ""
    return "; ".join(filter(None, (printable(action.reason), first)))


def _by_type(resources: Iterable[ResourceChange]) -> Iterator[str]:
    counts = Counter(change.resource_type for change in resources)
    if not counts:
        return
    row = f"{count(counts.total(), 'resource')}:"
    for resource_type, number in sorted(counts.items()):
        word = f" {number} {short_type(resource_type)},"
        if len(row) + len(word) > 96:
            yield f"    {row}"
            row = "  "
        row += word
    yield f"    {row.rstrip(',')}"


def short_type(resource_type: str) -> str:
    """Return a resource type without its first word: ``EC2::Subnet``."""
    return printable(resource_type.removeprefix("AWS::"))


def _resource_lines(change: ResourceChange, user_data: UserDataChange | None) -> Iterator[str]:
    mark = _resource_mark(change)
    words = [
        verb_text(_MARK_VERBS.get(mark, Verb.UPDATE), mark) + " " + printable(change.logical_id),
        faint(printable(change.resource_type)),
        faint(printable(change.physical_id)) if change.physical_id else "",
        *_alarms(change),
    ]
    yield "    " + "  ".join(word for word in words if word)
    for changed in change.properties:
        path = changed.path.lstrip("/").replace("/", ".").removeprefix("Properties.")
        note = "" if change.rolls_hosts else _property_note(changed)
        told = "UserData" if user_data else ""
        for line in change_lines(path, changed.before, changed.after, note, told=told):
            yield "        " + line
    for line in user_data_lines(user_data) if user_data else ():
        yield "        " + line


def _resource_mark(change: ResourceChange) -> str:
    if change.replacement is Replacement.ALWAYS:
        return "-/+"
    return _RESOURCE_MARKS.get(change.action, "~")


def _alarms(change: ResourceChange) -> Iterator[str]:
    if change.action is ChangeAction.MODIFY and change.replacement is Replacement.ALWAYS:
        yield loud("WILL BE REPLACED")
    if change.rolls_hosts:
        yield loud("HOSTS ARE REPLACED IN TURN")
    elif change.action is ChangeAction.MODIFY and change.replacement is Replacement.CONDITIONAL:
        yield loud("MAY BE REPLACED")
    if change.loses_data:
        yield loud(f"ITS DATA {'IS' if is_surely_lost(change) else 'MAY BE'} LOST")


def _property_note(change: PropertyChange) -> str:
    match change.replacement:
        case Replacement.ALWAYS:
            return loud("(forces the replacement)")
        case Replacement.CONDITIONAL:
            return loud("(may force a replacement)")
        case Replacement.NEVER:
            return ""


def summary(plan: Plan) -> str:
    """Return what a plan does in one line.

    A plan that changes nothing says just that.
    """
    if not plan.actions:
        return "Nothing to do: there is no stack."
    if plan.is_empty:
        verb = "is" if len(plan.actions) == 1 else "are"
        return f"Nothing changes: {count(len(plan.actions), 'stack')} {verb} up to date."
    counts = Counter(action.verb for action in plan.actions)
    parts = [f"{counts[verb]} to {verb}" for verb in Verb if counts[verb]]
    return f"Plan: {', '.join(parts)}.".replace(" to unchanged", " unchanged")


def replaced(plan: Plan) -> tuple[str, ...]:
    """Return the resources that the plan surely replaces, as ``stack/logical id``."""
    return tuple(
        f"{action.stack}/{change.logical_id}"
        for action in plan.actions
        for change in action.resources
        if change.action is ChangeAction.MODIFY and change.replacement is Replacement.ALWAYS
    )


def left(plan: Plan) -> tuple[str, ...]:
    """Return what deletions leave in the account on request."""
    return tuple(
        name
        for action in plan.actions
        if action.verb is Verb.DELETE
        for name in (
            *(f"{action.stack}/{each}" for each in action.leaves),
            *((f"whatever of {action.stack} cannot be deleted",) if action.is_forced else ()),
        )
    )


def _warnings(plan: Plan) -> Iterator[str]:
    if names := replaced(plan):
        yield loud("REPLACED: ") + printable(", ".join(names))
    if names := tuple(each.name for each in data_losses(plan)):
        yield loud("DATA IS LOST: ") + printable(", ".join(names))
    if names := left(plan):
        yield loud("STAYS IN THE ACCOUNT, OUTSIDE OF ANY STACK: ") + printable(", ".join(names))
