"""Hears Ctrl-C, and remembers it until it is asked for: no call is torn in the middle."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

from cdinfra.deploy.clock import Clock


class _WokenError(Exception):
    """Ctrl-C was pressed during a sleep."""


class Presses:
    """Hears Ctrl-C where a person can be asked what is wanted.

    A second Ctrl-C that comes before the first was asked for is a KeyboardInterrupt.

    Args:
        clock: What time it is, and how to wait.
        can_ask: Whether a person can be asked.
    """

    def __init__(self, clock: Clock, *, can_ask: Callable[[], bool]) -> None:
        self._clock = clock
        self._can_ask = can_ask
        self._pressed = False
        self._sleeping = False

    @property
    def clock(self) -> Clock:
        """The clock, of which a sleep ends when Ctrl-C is pressed."""
        return Clock(now=self._clock.now, sleep=self._sleep)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear Ctrl-C as long as the context lasts, where a person can be asked."""
        # Only the main thread may say what a signal does.
        if not self._can_ask() or current_thread() is not main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._press)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def was_pressed(self) -> bool:
        """Return whether it was pressed since the last call."""
        pressed, self._pressed = self._pressed, False
        return pressed

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """Let Ctrl-C be what it is elsewhere, as long as the context lasts."""
        heard = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, heard)

    def _press(self, *_: object) -> None:
        if self._pressed:
            raise KeyboardInterrupt
        self._pressed = True
        self.on_press()
        if self._sleeping:
            raise _WokenError

    def on_press(self) -> None:
        """Do something at once when it is pressed for the first time; called in the handler."""

    def _sleep(self, seconds: float) -> None:
        self._sleeping = True
        try:
            self._clock.sleep(seconds)
        except _WokenError:
            pass
        finally:
            self._sleeping = False
