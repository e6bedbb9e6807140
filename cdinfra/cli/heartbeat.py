"""Says that a run still lives when nothing happens for a while, so that nobody ends it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event as Signal
from threading import Lock, Thread
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

HappeningT = TypeVar("HappeningT")
HappeningT_contra = TypeVar("HappeningT_contra", contravariant=True)

QUIET_SECONDS = 60.0
"""After so long without a line, one is written.

Some CI servers end a job that has written nothing for 10 minutes.
Source: Travis CI, "Common Build Problems"; CircleCI, ``no_output_timeout``.
"""


class Watched(Protocol[HappeningT_contra]):
    """What is under way, folded from events."""

    def apply(self, event: HappeningT_contra, now: float) -> None:
        """Take in what happened."""

    def still(self, now: float) -> Iterable[str]:
        """Return what is under way, as lines."""


class Heartbeat(Generic[HappeningT]):
    """Tells what is under way, each time nothing else was told for a while.

    As a context it does so from a thread of its own: a call to the cloud may hang, and
    then above all somebody wants to see that the run lives.

    Args:
        watched: What is under way.
        tell: Writes a line; called from the thread.
        now: Returns the time, in seconds since 1970.
        monotonic: A clock in seconds, by which a while is long.
    """

    def __init__(
        self,
        watched: Watched[HappeningT],
        tell: Callable[[str], None],
        *,
        now: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._watched = watched
        self._tell = tell
        self._now = now
        self._monotonic = monotonic
        self._told_at = monotonic()
        self._is_paused = False
        self._lock = Lock()
        self._over = Signal()
        self._thread = Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; nothing is told from then on."""
        self._over.set()
        self._thread.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Tell nothing as long as the context lasts."""
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False

    def on_event(self, event: HappeningT) -> None:
        """Take in an event that was shown."""
        with self._lock:
            self._told_at = self._monotonic()
            self._watched.apply(event, self._now())

    def beat(self) -> float:
        """Tell what is under way, if it is time to.

        Returns:
            In how many seconds to look again.
        """
        with self._lock:
            quiet = self._monotonic() - self._told_at
            if quiet < QUIET_SECONDS:
                return QUIET_SECONDS - quiet
            self._told_at += quiet
            for line in () if self._is_paused else self._watched.still(self._now()):
                self._tell(line)
            return QUIET_SECONDS

    def _run(self) -> None:
        try:
            while not self._over.wait(self.beat()):
                """The next look is due."""
        except OSError:
            # Nobody reads any more; whoever tells the next event meets that too.
            return
