"""Time as a value that is passed in, so that tests wait for nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What time it is, and how to let it pass.

    Attributes:
        now: Returns the time, in UTC.
        sleep: Waits a number of seconds.
    """

    now: Callable[[], datetime]
    sleep: Callable[[float], None]


def _now() -> datetime:
    return datetime.now(UTC)


SYSTEM_CLOCK = Clock(now=_now, sleep=time.sleep)
"""The machine's own."""
