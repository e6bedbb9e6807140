"""The lines of the live view: columns that fit the width of the terminal."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from rich.text import Text

from cdinfra.cli.render.folded import Folded, Line, folded
from cdinfra.cli.render.plan import short_type
from cdinfra.cli.render.progress import Progress, ResourceProgress, StackProgress
from cdinfra.cli.render.style import outcome_colour
from cdinfra.cli.render.timing import expectation, is_late
from cdinfra.cli.render.words import duration, printable
from cdinfra.events import Outcome

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
TURNS_PER_SECOND = 8.0

NARROWEST_NAME = 12
"""Characters of a name that are shown however narrow the terminal is."""

LEAST_DETAIL = 8
"""Characters of a detail that still tell something; where fewer fit, it is left out."""

_GAP = "  "
_OUTCOME_MARKS = {
    Outcome.FAILED: "✗",
    Outcome.CANCELLED: "↩",
    Outcome.SKIPPED: "-",
    Outcome.UNCHANGED: "=",
}

_EXPLAINED = frozenset({Outcome.SKIPPED, Outcome.CANCELLED})

_Cells = tuple[Text, ...]
"""Mark, name, state, elapsed time, expected time, amount, detail."""

_NAME, _ELAPSED, _DETAIL = 1, 3, 6


class LiveLines:
    """Draws where every stack stands, again and again; columns only grow, so that all stays calm.

    Args:
        progress: Where every stack stands.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._widths: tuple[int, ...] = (0,) * _DETAIL

    def draw(self, now: float, *, width: int, height: int) -> Iterator[Text]:
        """Return the lines of the live view.

        Args:
            now: The time, in seconds since 1970.
            width: Characters of a line.
            height: Most lines.
        """
        lines = folded(self._progress.stacks, height)
        rows = [_cells(each, self._progress, now) for each in lines]
        cells = ([row[column].cell_len for row in rows] for column in range(_DETAIL))
        self._widths = tuple(map(max, self._widths, (max(each, default=0) for each in cells)))
        fitting = _fitting(self._widths, width)
        return (_line(row, fitting, width) for row in rows)


def _cells(line: Line, progress: Progress, now: float) -> _Cells:
    match line:
        case StackProgress():
            return _stack_cells(line, progress, now)
        case ResourceProgress():
            return _resource_cells(line, now)
        case Folded():
            return (*[Text()] * _DETAIL, Text(line.text, style="dim"))
        case _:
            assert_never(line)


def _stack_cells(stack: StackProgress, progress: Progress, now: float) -> _Cells:
    elapsed = stack.elapsed(now) if stack.started is not None else None
    expected = stack.expected if stack.is_under_way else None
    return (
        _mark(stack, now),
        Text(stack.stack, style="bold"),
        _state(stack),
        Text("" if elapsed is None else duration(elapsed)),
        _expected(elapsed or 0, expected),
        Text(_amount(stack), style="dim"),
        Text(_detail(stack, progress), style="dim"),
    )


def _resource_cells(resource: ResourceProgress, now: float) -> _Cells:
    elapsed = resource.elapsed(now)
    return (
        Text(),
        Text(f"{_GAP}{printable(resource.logical_id)}"),
        Text(resource.doing, style="dim"),
        Text(duration(elapsed)),
        _expected(elapsed, resource.expected),
        Text(),
        Text(short_type(resource.resource_type), style="dim"),
    )


def _mark(stack: StackProgress, now: float) -> Text:
    if stack.outcome is not None:
        mark = _OUTCOME_MARKS.get(stack.outcome, "✓")
        return Text(mark, style=outcome_colour(stack.outcome))
    if stack.started is None:
        return Text("·", style="dim")
    return Text(SPINNER[int(now * TURNS_PER_SECOND) % len(SPINNER)])


def _state(stack: StackProgress) -> Text:
    if stack.outcome is not None:
        return Text(stack.outcome, style=outcome_colour(stack.outcome))
    if stack.started is None:
        return Text("waiting", style="dim")
    return Text(stack.doing, style="red" if stack.rolls_back else "yellow")


def _expected(elapsed: float, expected: float | None) -> Text:
    style = "yellow" if is_late(elapsed, expected) else "dim"
    return Text(expectation(elapsed, expected), style=style)


def _amount(stack: StackProgress) -> str:
    if not stack.total or not stack.is_under_way or stack.rolls_back:
        return ""
    return f"{min(len(stack.finished), stack.total)}/{stack.total}"


def _detail(stack: StackProgress, progress: Progress) -> str:
    if stack.outcome is not None:
        # The cause of a failure is longer, and stands at the end.
        return printable(stack.cause) if stack.outcome in _EXPLAINED else ""
    names = progress.waits_for(stack) if stack.started is None else ()
    return f"waits for {', '.join(names)}" if names else ""


def _fitting(widths: Sequence[int], width: int) -> tuple[int, ...]:
    """Return the widths with names cut so that everything else but the detail fits."""
    gaps = len(_GAP) * (sum(map(bool, widths)) - 1)
    others = sum(widths) - widths[_NAME] + gaps
    name = min(widths[_NAME], max(NARROWEST_NAME, width - others))
    return (*widths[:_NAME], name, *widths[_NAME + 1 :])


def _line(row: _Cells, widths: Sequence[int], width: int) -> Text:
    cells = tuple(_padded(row, widths))
    line = Text(_GAP).join(cells)
    if line.cell_len > width and width - line.cell_len + cells[-1].cell_len < LEAST_DETAIL:
        line = Text(_GAP).join(cells[:-1])
    line.rstrip()
    line.truncate(width, overflow="ellipsis")
    return line


def _padded(row: _Cells, widths: Sequence[int]) -> Iterator[Text]:
    if not row[_NAME].cell_len:
        yield Text(" " * (widths[0] + len(_GAP)))
    # A line without times has its detail right behind its state.
    has_times = any(cell.cell_len for cell in row[_ELAPSED:_DETAIL])
    for column, (cell, width) in enumerate(zip(row, widths, strict=False)):
        if width and (has_times or (column < _ELAPSED and row[_NAME].cell_len)):
            shown = cell.copy()
            shown.truncate(width, overflow="ellipsis")
            pad = shown.pad_left if column == _ELAPSED else shown.pad_right
            pad(width - shown.cell_len)
            yield shown
    yield row[_DETAIL]
