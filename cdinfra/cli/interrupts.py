"""Turns Ctrl-C into a question, put between two polls: no call is torn in the middle."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import current_thread, main_thread

import click

from cdinfra.cli.access import access
from cdinfra.cli.render.style import status_text, strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.render.words import printable
from cdinfra.cli.screen import tell
from cdinfra.cli.view import View
from cdinfra.deploy.cancelling import way_back
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.interrupts import Decision
from cdinfra.deploy.operations import UnderWay

QUESTION = "[d]etach and leave this running, [c]ancel, or [w]ait?"


class _WokenError(Exception):
    """Ctrl-C was pressed during a sleep."""


class Interrupts:
    """Hears Ctrl-C while a plan is carried out, and asks what is wanted.

    Without a terminal nobody can be asked: then Ctrl-C ends the command, as it does
    anywhere else, and what is under way goes on in the cloud. So does a second Ctrl-C
    that comes before the question.

    Args:
        view: What is shown; it rests during the question.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._world = access()
        self._pressed = False
        self._sleeping = False

    @property
    def clock(self) -> Clock:
        """The clock, of which a sleep ends when Ctrl-C is pressed."""
        return Clock(now=self._world.clock.now, sleep=self._sleep)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear Ctrl-C as long as the context lasts, where a person can be asked."""
        # Only the main thread may say what a signal does.
        if not self._world.can_ask() or current_thread() is not main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._press)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def decide(self, under_way: tuple[UnderWay, ...]) -> Decision:
        """Return what a person wants who has pressed Ctrl-C since the last call."""
        if not self._pressed:
            return Decision.WAIT
        self._pressed = False
        if not under_way:
            return Decision.DETACH
        with self._view.paused():
            heard = signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                return _ask(under_way)
            finally:
                signal.signal(signal.SIGINT, heard)

    def _press(self, *_: object) -> None:
        if self._pressed:
            raise KeyboardInterrupt
        self._pressed = True
        if self._sleeping:
            raise _WokenError

    def _sleep(self, seconds: float) -> None:
        self._sleeping = True
        try:
            self._world.clock.sleep(seconds)
        except _WokenError:
            pass
        finally:
            self._sleeping = False


def _ask(under_way: Sequence[UnderWay]) -> Decision:
    rows = [
        (
            strong(printable(each.target.stack)),
            status_text(each.status),
            way_back(each.status),
        )
        for each in under_way
    ]
    tell(["", *table(("UNDER WAY", "STATUS", ""), rows)])
    try:
        return click.prompt(
            click.style(QUESTION, bold=True), default="w", value_proc=_read, err=True
        )
    except click.Abort:
        # Ctrl-C once more.
        tell()
        return Decision.DETACH


def _read(answer: str) -> Decision:
    for each in Decision:
        if answer.strip() and each.startswith(answer.strip().lower()):
            return each
    raise click.UsageError("answer d, c or w")
