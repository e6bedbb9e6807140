"""How the events of a rollout are shown: drawn live, as lines, or as JSON lines."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime

import click

from cdinfra.cli.heartbeat import Heartbeat
from cdinfra.cli.render.rollout_events import (
    rollout_event_json,
    rollout_event_lines,
    rollout_event_texts,
)
from cdinfra.cli.render.rollout_still import StillFleet
from cdinfra.cli.render.words import clock
from cdinfra.cli.screen import can_redraw, is_terminal, result, tell
from cdinfra.rollout.events import OnRolloutEvent, RolloutEvent, RolloutStarted, WentBack
from cdinfra.rollout.plan import RolloutPlan


class RolloutView:
    """Shows every event that it is called with.

    JSON lines go to stdout, everything else to stderr.

    Args:
        group: What a person types for the deploy group.
        now: Returns the time.
        as_json: Whether events are part of the result, as JSON lines.
    """

    def __init__(self, group: str, now: Callable[[], datetime], *, as_json: bool) -> None:
        self._group = group
        self._now = now
        self._as_json = as_json
        self._color = click.get_current_context().color
        self._plan: RolloutPlan | None = None
        self._has_started = self._goes_back = False
        self._show: OnRolloutEvent = _json_line if as_json else self._plain_lines
        self._pause: Callable[[], AbstractContextManager[None]] = nullcontext
        self._stop: Callable[[], None] = _nothing

    @property
    def has_started(self) -> bool:
        """Whether a rollout held the lock, so that something may be to be finished."""
        return self._has_started

    def __call__(self, event: RolloutEvent) -> None:
        """Show an event."""
        self._has_started = self._has_started or isinstance(event, RolloutStarted)
        # From then on batches are others than those of the plan.
        self._goes_back = self._goes_back or isinstance(event, WentBack)
        self._show(event)

    def _plain_lines(self, event: RolloutEvent) -> None:
        plan = None if self._goes_back else self._plan
        if self._plan is None and is_terminal():
            lines = rollout_event_texts(event, None)
        else:
            lines = rollout_event_lines(event, self._group, plan, self._now())
        for text in lines:
            tell(text, color=self._color)

    @contextmanager
    def of(self, plan: RolloutPlan) -> Iterator[None]:
        """Show the events of a plan while it is carried out: live, where a person watches."""
        before = (self._show, self._pause, self._stop)
        self._plan = plan
        shown = self._with_heartbeat if self._as_json or not can_redraw() else self._live
        try:
            with shown(plan):
                yield
        finally:
            self._show, self._pause, self._stop = before
            self._plan = None

    def paused(self) -> AbstractContextManager[None]:
        """Return a context in which nothing is drawn, so that a person can be asked."""
        return self._pause()

    def show_stopping(self) -> None:
        """Show that Ctrl-C was heard; may be called from a signal's handler."""
        self._stop()

    @contextmanager
    def _live(self, plan: RolloutPlan) -> Iterator[None]:
        from rich.console import Console  # noqa: PLC0415 - slow to import

        from cdinfra.cli.rollout_live import RolloutLive  # noqa: PLC0415 - imports rich

        console = Console(stderr=True, no_color=self._color is False, highlight=False)
        with RolloutLive(plan, console, self._seconds) as live:
            self._show, self._pause, self._stop = live.on_event, live.paused, live.show_stopping
            yield

    @contextmanager
    def _with_heartbeat(self, plan: RolloutPlan) -> Iterator[None]:
        plainly = self._show

        def tell_still(text: str) -> None:
            tell(f"{clock(self._now())} {text}", color=self._color)

        watched, now = StillFleet(plan=plan), self._seconds
        with Heartbeat(watched, tell_still, now=now, monotonic=time.monotonic) as heartbeat:

            def show(event: RolloutEvent) -> None:
                heartbeat.on_event(event)
                plainly(event)

            self._show, self._pause = show, heartbeat.paused
            yield

    def _seconds(self) -> float:
        return self._now().timestamp()


def _json_line(event: RolloutEvent) -> None:
    result(rollout_event_json(event))


def _nothing() -> None:
    pass
