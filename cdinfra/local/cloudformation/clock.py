"""The time as the engine sees it: a clock and alarms, so that a test can turn the hands itself."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Timer
from typing import Protocol


class Clock(Protocol):
    """Where the engine gets the time from."""

    def now(self) -> datetime:
        """Return the time of day, with time zone UTC."""
        ...

    def call_after(self, seconds: float, alarm: Callable[[], None]) -> Callable[[], None]:
        """Call ``alarm`` once, in another thread, when the time is over.

        Args:
            seconds: How long to wait.
            alarm: What to call.

        Returns:
            A function that calls the alarm off.
        """
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the time of day, with time zone UTC."""
        return datetime.now(UTC)

    def call_after(self, seconds: float, alarm: Callable[[], None]) -> Callable[[], None]:
        """Call ``alarm`` once, in another thread, when the time is over.

        Args:
            seconds: How long to wait.
            alarm: What to call.

        Returns:
            A function that calls the alarm off.
        """
        timer = Timer(seconds, alarm)
        timer.daemon = True
        timer.start()
        return timer.cancel
