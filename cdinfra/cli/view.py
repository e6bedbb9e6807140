"""How events are shown: drawn live, as lines, or as JSON lines."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime

import click

from cdinfra.cli.render.as_json import event_object, line
from cdinfra.cli.render.events import event_line
from cdinfra.cli.render.words import printable
from cdinfra.cli.screen import is_terminal, result, tell
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
        else:
            tell(event_line(event, self._now()), color=self._color)

    @contextmanager
    def of(self, plan: Plan) -> Iterator[None]:
        """Show the events of a plan while it is executed: live, where a person watches."""
        if self._as_json or not is_terminal():
            yield
            return
        from rich.console import Console  # noqa: PLC0415 - slow to import

        from cdinfra.cli.live import LiveView  # noqa: PLC0415 - imports rich

        before = self._show
        console = Console(stderr=True, no_color=self._color is False, highlight=False)
        with LiveView(plan, console, time.monotonic) as live:
            self._show, self._pause = live.on_event, live.paused
            try:
                yield
            finally:
                self._show, self._pause = before, nullcontext

    def paused(self) -> AbstractContextManager[None]:
        """Return a context in which nothing is drawn, so that a person can be asked."""
        return self._pause()


def _json_line(event: Event) -> None:
    result(line(event_object(event)))
