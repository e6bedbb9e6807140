"""The live view of a rollout on a terminal: one calm table of hosts, redrawn in place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from types import TracebackType
from typing import Self

from rich.ansi import AnsiDecoder
from rich.console import Console, Group
from rich.live import Live

from cdinfra.cli.live_lines import TURNS_PER_SECOND
from cdinfra.cli.render.fleet_progress import FleetProgress
from cdinfra.cli.render.rollout_events import host_lines, remark, went_back
from cdinfra.cli.rollout_live_lines import MOST_HOSTS, RolloutLines
from cdinfra.events import HookOutput, HookStarted
from cdinfra.rollout.events import HostMoved, HostState, Noticed, RolloutEvent, WentBack
from cdinfra.rollout.plan import RolloutPlan

FEWEST_LINES = 4
"""Lines that are drawn however low the terminal is."""

_TOLD = frozenset({HostState.FAILED, HostState.GONE, HostState.NOT_BACK})
"""States that are told above the table, too."""


class RolloutLive:
    """Shows the events of a rollout as they come, from any thread.

    Args:
        plan: What is being done.
        console: The terminal.
        now: Returns the time, in seconds since 1970.
    """

    def __init__(self, plan: RolloutPlan, console: Console, now: Callable[[], float]) -> None:
        self._progress = FleetProgress(plan=plan)
        self._lines = RolloutLines(self._progress)
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
        """Draw the last state and leave it standing."""
        self._is_over = True
        self._live.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the table away as long as the context lasts."""
        self._progress.is_stopping = False
        self._live.transient = True
        self._live.stop()
        try:
            yield
        finally:
            # A new one: the old one would go back up to where it was, over what was asked.
            self._live = self._table()
            self._live.start(refresh=True)

    def show_stopping(self) -> None:
        """Show that Ctrl-C was heard; takes no lock, as a signal's handler must not."""
        self._progress.is_stopping = True

    def on_event(self, event: RolloutEvent) -> None:
        """Show an event; what must not be lost stays above the table."""
        with self._lock:
            self._progress.apply(event, self._now())
        match event:
            case HostMoved() if event.state in _TOLD:
                self._say(*host_lines(event))
            case WentBack():
                self._say(went_back(event))
            case Noticed() | HookStarted() | HookOutput():
                self._say(remark(event))
            case _:
                pass

    def _say(self, *lines: str) -> None:
        # They are styled as in a pipe, and hold no foreign control characters.
        for text in AnsiDecoder().decode("\n".join(lines)):
            self._console.print(text)

    def drawn(self) -> Group:
        """Return the table as it stands now."""
        width, height = self._console.size
        with self._lock:
            # One line is for the cursor. At the end nothing is redrawn, so more may stand.
            most = max(height - 1, FEWEST_LINES)
            room = max(most, MOST_HOSTS + 2) if self._is_over else most
            return Group(*self._lines.draw(self._now(), width=width, height=room))
