"""Why a stack failed, as a heading and labelled lines."""

from collections.abc import Iterator, Sequence

from cdinfra.cli.render.style import faint, status_text, strong
from cdinfra.cli.render.words import count, printable, stamp
from cdinfra.deploy.explanation import Explanation, Failure

MOST_NAMES = 6
"""Most names of cancelled resources in a line; JSON has them all."""

_LABEL_WIDTH = 11


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """Return an explanation as lines: what failed and why, what followed, what to do next."""
    names = (explanation.stack, explanation.stack_name)
    stack, stack_name = map(printable, names)
    yield f"{strong(stack)}  {status_text(explanation.status)}  {faint(stack_name)}"
    yield from _failure_lines("failed", explanation.failure)
    for failure in explanation.also_failed:
        yield from _failure_lines("also", failure)
    if explanation.cancelled:
        yield _line("cancelled", _cancelled(explanation.cancelled))
    yield _line("then", explanation.aftermath)
    for failure in explanation.blocked_by:
        yield from _failure_lines("blocked by", failure)
    yield _line("next", f"when that is mended: {printable(explanation.next_command)}")


def _failure_lines(label: str, failure: Failure) -> Iterator[str]:
    what = (failure.logical_id, failure.resource_type, failure.physical_id)
    words = [printable(each) for each in what if each]
    yield _line(label, f"{' '.join(words)}  {faint(stamp(failure.timestamp))}".rstrip())
    yield _line("reason", printable(failure.reason) or faint("none was given"))
    if failure.hint:
        yield _line("hint", printable(failure.hint))
    if failure.command:
        yield _line("look at", printable(failure.command))


def _cancelled(names: Sequence[str]) -> str:
    shown = ", ".join(map(printable, names[:MOST_NAMES]))
    more = ", …" if len(names) > MOST_NAMES else ""
    return f"{count(len(names), 'resource')} in consequence: {shown}{more}"


def _line(label: str, text: str) -> str:
    return f"  {faint(f'{label:<{_LABEL_WIDTH}}')}{text}"
