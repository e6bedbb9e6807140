"""The live view on a terminal: one calm table of stacks and resources, redrawn in place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from cdinfra.cli.live_lines import TURNS_PER_SECOND, LiveLines
from cdinfra.cli.render.progress import Progress
from cdinfra.cli.render.words import printable
from cdinfra.deploy.first_cause import is_consequence
from cdinfra.deploy.plan import Plan
from cdinfra.events import Event, HookOutput, HookStarted, Notice, ResourceChanged

FEWEST_LINES = 3
"""Lines that are drawn however low the terminal is."""

MOST_LINES = 10_000
"""More than any run has."""


class LiveView:
    """Shows events of a plan as they come, from any thread.

    Args:
        plan: What is being done.
        console: The terminal.
        now: Returns the time, in seconds since 1970.
    """

    def __init__(self, plan: Plan, console: Console, now: Callable[[], float]) -> None:
        self._progress = Progress(plan)
        self._lines = LiveLines(self._progress)
        self._console = console
        self._now = now
        self._lock = Lock()
        self._is_over = False
        self._live = self._table()

    def _table(self) -> Live:
        return Live(
            console=self._console,
            get_renderable=self.drawn,
            refresh_per_second=TURNS_PER_SECOND,
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
        """Draw the last state, every stack of it, and leave it standing."""
        self._is_over = True
        self._lines = LiveLines(self._progress)
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
            self._progress.apply(event, self._now())
        match event:
            case Notice():
                self._say(event.message)
            case HookStarted():
                self._say(f"{event.stack} {event.when}: {event.command}")
            case HookOutput():
                self._say(f"{event.stack} | {event.line}")
            case ResourceChanged() if _is_failure(event):
                words = f"{event.stack}/{event.logical_id} {event.status}"
                reason = f": {event.reason}" if event.reason else ""
                source = f" [{event.source}]" if event.source else ""
                self._say(f"{words}{reason}{source}")
            case _:
                pass

    def _say(self, message: str) -> None:
        self._console.print(Text(printable(message)))

    def drawn(self) -> Group:
        """Return the table as it stands now."""
        width, height = self._console.size
        with self._lock:
            # One line is for the cursor. At the end nothing is redrawn, so all may stand.
            most = MOST_LINES if self._is_over else max(height - 1, FEWEST_LINES)
            now = self._now()
            return Group(*self._lines.draw(now, width=width, height=most))


def _is_failure(event: ResourceChanged) -> bool:
    """Whether a resource failed, and was not only stopped because another one did."""
    return event.status.endswith("_FAILED") and not is_consequence(event)
