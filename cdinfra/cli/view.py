"""How events are shown: drawn live, as lines, or as JSON lines.

Lines and JSON lines go with a heartbeat: whoever reads them from afar sees that a long
operation lives.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime

import click

from cdinfra.cli.heartbeat import Heartbeat
from cdinfra.cli.render.as_json import event_object, line
from cdinfra.cli.render.events import event_line
from cdinfra.cli.render.still import StillProgress
from cdinfra.cli.render.words import clock, printable
from cdinfra.cli.screen import can_redraw, is_terminal, result, tell
from cdinfra.deploy.plan import Plan
from cdinfra.events import Event, Notice, OnEvent


class View:
    """Shows every event that it is called with.

    JSON lines go to stdout, everything else to stderr.

    Args:
        now: Returns the time.
        as_json: Whether events are part of the result, as JSON lines.
    """

    def __init__(self, now: Callable[[], datetime], *, as_json: bool = False) -> None:
        self._now = now
        self._as_json = as_json
        self._color = click.get_current_context().color
        self._show: OnEvent = _json_line if as_json else self._plain_line
        self._pause: Callable[[], AbstractContextManager[None]] = nullcontext

    def __call__(self, event: Event) -> None:
        """Show an event; may be called from any thread."""
        self._show(event)

    def _plain_line(self, event: Event) -> None:
        if isinstance(event, Notice) and is_terminal():
            tell(printable(event.message), color=self._color)
        elif text := event_line(event, self._now()):
            tell(text, color=self._color)

    @contextmanager
    def of(self, plan: Plan) -> Iterator[None]:
        """Show the events of a plan while it is executed: live, where a person watches."""
        before = (self._show, self._pause)
        shown = self._with_heartbeat if self._as_json or not can_redraw() else self._live
        try:
            with shown(plan):
                yield
        finally:
            self._show, self._pause = before

    def paused(self) -> AbstractContextManager[None]:
        """Return a context in which nothing is drawn, so that a person can be asked."""
        return self._pause()

    @contextmanager
    def _live(self, plan: Plan) -> Iterator[None]:
        from rich.console import Console  # noqa: PLC0415 - slow to import

        from cdinfra.cli.live import LiveView  # noqa: PLC0415 - imports rich

        console = Console(stderr=True, no_color=self._color is False, highlight=False)
        with LiveView(plan, console, self._seconds) as live:
            self._show, self._pause = live.on_event, live.paused
            yield

    @contextmanager
    def _with_heartbeat(self, plan: Plan) -> Iterator[None]:
        plainly = self._show

        def tell_still(text: str) -> None:
            tell(f"{clock(self._now())} {text}", color=self._color)

        watched, now = StillProgress(plan), self._seconds
        with Heartbeat(watched, tell_still, now=now, monotonic=time.monotonic) as heartbeat:

            def show(event: Event) -> None:
                heartbeat.on_event(event)
                plainly(event)

            self._show, self._pause = show, heartbeat.paused
            yield

    def _seconds(self) -> float:
        return self._now().timestamp()


def _json_line(event: Event) -> None:
    result(line(event_object(event)))
