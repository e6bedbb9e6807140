"""The live view on a terminal: one calm table of stacks, redrawn in place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cdinfra.cli.render.progress import DOING, Progress, StackProgress
from cdinfra.cli.render.style import outcome_colour
from cdinfra.cli.render.words import duration, printable
from cdinfra.deploy.plan import Plan
from cdinfra.events import Event, HookOutput, HookStarted, Notice, Outcome, ResourceChanged

REFRESHES_PER_SECOND = 8
MAX_NAMED_RESOURCES = 3

_OUTCOME_MARKS = {
    Outcome.FAILED: "✗",
    Outcome.CANCELLED: "↩",
    Outcome.SKIPPED: "-",
    Outcome.UNCHANGED: "=",
}

_EXPLAINED = frozenset({Outcome.SKIPPED, Outcome.CANCELLED})


class LiveView:
    """Shows events of a plan as they come, from any thread.

    Args:
        plan: What is being done.
        console: The terminal.
        monotonic: A clock in seconds.
    """

    def __init__(self, plan: Plan, console: Console, monotonic: Callable[[], float]) -> None:
        self._progress = Progress(plan)
        self._console = console
        self._monotonic = monotonic
        self._lock = Lock()
        self._spinner = Spinner("dots")
        self._live = self._table()

    def _table(self) -> Live:
        return Live(
            console=self._console,
            get_renderable=self.drawn,
            refresh_per_second=REFRESHES_PER_SECOND,
        )

    def __enter__(self) -> Self:
        """Start drawing."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Draw the last state and leave it standing."""
        self._live.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the table away as long as the context lasts."""
        self._live.transient = True
        self._live.stop()
        try:
            yield
        finally:
            # A new one: the old one would go back up to where it was, over what was asked.
            self._live = self._table()
            self._live.start(refresh=True)

    def on_event(self, event: Event) -> None:
        """Show an event; what must not be lost stays above the table."""
        with self._lock:
            self._progress.apply(event, self._monotonic())
        match event:
            case Notice():
                self._say(event.message)
            case HookStarted():
                self._say(f"{event.stack} {event.when}: {event.command}")
            case HookOutput():
                self._say(f"{event.stack} | {event.line}")
            case ResourceChanged() if event.status.endswith("_FAILED"):
                words = f"{event.stack}/{event.logical_id} {event.status}"
                reason = f": {event.reason}" if event.reason else ""
                source = f" [{event.source}]" if event.source else ""
                self._say(f"{words}{reason}{source}")
            case _:
                pass

    def _say(self, message: str) -> None:
        self._console.print(Text(printable(message)))

    def drawn(self) -> Table:
        """Return the table as it stands now."""
        with self._lock:
            now = self._monotonic()
            grid = Table.grid(padding=(0, 2))
            for stack in self._progress.stacks:
                grid.add_row(
                    self._mark(stack),
                    Text(stack.stack, style="bold"),
                    _state(stack),
                    Text(_time(stack, now), justify="right"),
                    Text(_amount(stack), justify="right", style="dim"),
                    Text(self._detail(stack), style="dim", no_wrap=True, overflow="ellipsis"),
                )
            return grid

    def _mark(self, stack: StackProgress) -> Spinner | Text:
        if stack.outcome is not None:
            mark = _OUTCOME_MARKS.get(stack.outcome, "✓")
            return Text(mark, style=outcome_colour(stack.outcome))
        return Text("·", style="dim") if stack.started is None else self._spinner

    def _detail(self, stack: StackProgress) -> str:
        if stack.outcome is not None:
            # The cause of a failure is longer, and stands at the end.
            return printable(stack.cause) if stack.outcome in _EXPLAINED else ""
        if stack.started is None:
            names = self._progress.waits_for(stack)
            return f"waits for {', '.join(names)}" if names else ""
        named = list(stack.active)[:MAX_NAMED_RESOURCES]
        more = len(stack.active) - len(named)
        return printable(", ".join(named)) + (f" and {more} more" if more else "")


def _state(stack: StackProgress) -> Text:
    if stack.outcome is not None:
        return Text(stack.outcome, style=outcome_colour(stack.outcome))
    if stack.started is None:
        return Text("waiting", style="dim")
    return Text(DOING[stack.verb], style="yellow")


def _time(stack: StackProgress, now: float) -> str:
    elapsed = stack.elapsed(now)
    return "" if stack.started is None or elapsed is None else duration(elapsed)


def _amount(stack: StackProgress) -> str:
    if not stack.total or stack.started is None or stack.outcome is not None:
        return ""
    return f"{min(len(stack.finished), stack.total)}/{stack.total}"
