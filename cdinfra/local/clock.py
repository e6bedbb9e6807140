"""Time as the local cloud and what starts it see it; tests pass their own."""

import time
from collections.abc import Callable
from dataclasses import dataclass

POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time, and how to wait.

    Attributes:
        now: Seconds that only grow.
        sleep: Waits that many seconds.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def wait_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Wait until the condition holds; return False where it does not in time."""
        deadline = self.now() + seconds
        while not condition():
            if self.now() >= deadline:
                return False
            self.sleep(POLL_SECONDS)
        return True
