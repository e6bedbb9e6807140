"""Work that is done again and again in the background, until it is closed."""

import logging
from collections.abc import Callable
from threading import Event, Thread

LOG = logging.getLogger(__name__)


class Rounds:
    """Does something in rounds; a round that fails is noted, and the next one comes.

    Args:
        work: What is done in a round.
        name: Of the thread.
        seconds: The pause before each round.
    """

    def __init__(self, work: Callable[[], None], *, name: str, seconds: float) -> None:
        self._work = work
        self._seconds = seconds
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True, name=name)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Begin no more rounds; the one under way is waited for."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self._work()
            except Exception:  # the loop must outlive whatever one round meets
                LOG.exception("%s could not be compared with the API", self._thread.name)
