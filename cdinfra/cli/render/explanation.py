"""Why a stack failed, as a heading and labelled lines."""

from collections.abc import Iterable, Iterator, Sequence

from cdinfra.cli.render.style import faint, loud, status_text, strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.render.words import count, duration, printable, stamp
from cdinfra.deploy.explanation import Explanation
from cdinfra.deploy.failure import Failure
from cdinfra.deploy.host_log import HostLog
from cdinfra.deploy.past_operations import History, OperationOutcome, PastOperation

MOST_NAMES = 6
"""Most names of cancelled resources in a line; JSON has them all."""

TOKEN_WIDTH = 16
"""Characters of a token in a table: ``cdinfra-``, and enough to tell operations apart.

JSON has all of it.
"""

_LABEL_WIDTH = 11


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """Return an explanation as lines: what failed and why, what followed, what to do next."""
    names = (explanation.stack, explanation.stack_name)
    stack, stack_name = map(printable, names)
    yield f"{strong(stack)}  {status_text(explanation.status)}  {faint(stack_name)}"
    if explanation.operation.number > 1:
        yield _line("operation", _operation(explanation.operation))
    yield from _failure_lines("failed", explanation.failure)
    for failure in explanation.also_failed:
        yield from _failure_lines("also", failure)
    if explanation.cancelled:
        yield _line("cancelled", _cancelled(explanation.cancelled))
    yield _line("then", explanation.aftermath)
    for failure in explanation.blocked_by:
        yield from _failure_lines("blocked by", failure)
    if explanation.next_command:
        yield _line("next", f"when that is mended: {printable(explanation.next_command)}")


def history_lines(histories: Sequence[History]) -> list[str]:
    """Return the operations on stacks as a table, the last one of each stack first."""
    rows = [
        (
            strong(printable(history.stack)),
            str(each.number),
            each.verb,
            loud(each.outcome) if each.outcome is OperationOutcome.FAILED else each.outcome,
            stamp(each.started_at),
            _took(each),
            printable(each.token[:TOKEN_WIDTH]),
            printable(each.cause),
        )
        for history in histories
        for each in history.operations
    ]
    headings = ("STACK", "N", "VERB", "OUTCOME", "STARTED", "TOOK", "TOKEN", "CAUSE")
    return [*(table(headings, rows) if rows else ()), *_earlier_lines(histories)]


def _earlier_lines(histories: Iterable[History]) -> Iterator[str]:
    found = [each for history in histories for each in history.earlier]
    if found:
        yield from ["", "Deleted stacks of the same name; explain one with --stack-id:"]
    for each in found:
        yield f"  {stamp(each.deleted_at)}  {printable(each.stack_id)}"


def _took(operation: PastOperation) -> str:
    if operation.started_at is None or operation.ended_at is None:
        return ""
    return duration((operation.ended_at - operation.started_at).total_seconds())


def _operation(operation: PastOperation) -> str:
    return f"{operation.number}, {operation.verb}, begun {stamp(operation.started_at)}"


def _failure_lines(label: str, failure: Failure) -> Iterator[str]:
    # The first name is the stack's, which stands above.
    name = " / ".join(failure.path[1:]) or failure.logical_id
    what = (name, failure.resource_type, failure.physical_id)
    words = [printable(each) for each in what if each]
    yield _line(label, f"{' '.join(words)}  {faint(stamp(failure.timestamp))}".rstrip())
    if failure.source is not None:
        yield _line("made by", printable(str(failure.source)))
    yield _line("reason", printable(failure.reason) or faint("none was given"))
    for host in failure.hosts:
        yield from _host_lines(host)
    if failure.hint:
        yield _line("hint", printable(failure.hint))
    if failure.command:
        yield _line("look at", printable(failure.command))


def _host_lines(host: HostLog) -> Iterator[str]:
    first, *rest = host.lines or (host.problem,)
    yield _line("host", f"{printable(host.instance_id)}  {printable(first)}")
    yield from (_line("", printable(each)) for each in rest)


def _cancelled(names: Sequence[str]) -> str:
    shown = ", ".join(map(printable, names[:MOST_NAMES]))
    more = ", …" if len(names) > MOST_NAMES else ""
    return f"{count(len(names), 'resource')} in consequence: {shown}{more}"


def _line(label: str, text: str) -> str:
    return f"  {faint(f'{label:<{_LABEL_WIDTH}}')}{text}"
