"""Drift as text: how each stack is, then every resource that is not as its template says."""

from collections.abc import Iterable, Iterator

from cdinfra.aws.drift import Drift, ResourceDrift, ResourceDriftStatus
from cdinfra.cli.render.changes import change_lines
from cdinfra.cli.render.style import drift_text, faint, loud, strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.render.words import count, printable
from cdinfra.deploy.drift import StackDrift

SPELLING = "differs only in how it is written"


def drift_lines(stacks: Iterable[StackDrift]) -> list[str]:
    """Return what was found of the stacks."""
    every = tuple(stacks)
    rows = [(strong(each.stack), _word(each), _remark(each)) for each in every]
    lines = table(("STACK", "DRIFT", ""), rows)
    for each in every:
        lines += _stack_lines(each)
    return lines


def _word(stack: StackDrift) -> str:
    if not stack.status:
        return faint("not deployed")
    if stack.drift is Drift.NOT_CHECKED:
        return "not checked"
    return drift_text(stack.drift)


def _remark(stack: StackDrift) -> str:
    number = count(len(stack.resources), "resource") if stack.resources else ""
    reason = printable(stack.reason) if stack.status else ""
    return "; ".join(filter(None, (number, reason)))


def _stack_lines(stack: StackDrift) -> Iterator[str]:
    if stack.resources:
        yield ""
        yield f"{strong(stack.stack)}  {faint(stack.stack_name)}  expected → actual"
    for resource in stack.resources:
        yield from _resource_lines(resource)


def _resource_lines(resource: ResourceDrift) -> Iterator[str]:
    words = [printable(resource.logical_id)]
    words += [faint(printable(resource.resource_type)), printable(resource.physical_id)]
    match resource.status:
        case ResourceDriftStatus.DELETED:
            mark, note = "-", [loud("IS DELETED")]
        case ResourceDriftStatus.MODIFIED:
            mark, note = "~", []
    yield f"    {mark} " + "  ".join([*words, *note])
    for each in resource.properties:
        for line in change_lines(each.path, each.expected, each.actual, same=SPELLING):
            yield f"        {line}"
