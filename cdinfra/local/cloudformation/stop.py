"""A request to stop, which the threads of an operation look at and waits are woken by."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class StopSignal:
    """Set once: by a first failure, a cancelled update, a timeout or the end of the engine."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._reason: str | None = None
        self._listeners: list[Callable[[], None]] = []

    @property
    def reason(self) -> str | None:
        """Why to stop; None where nobody asked for it."""
        return self._reason

    def is_set(self) -> bool:
        """Return whether somebody asked to stop."""
        return self._reason is not None

    def set(self, reason: str = "") -> None:
        """Ask to stop; the first reason stays.

        Args:
            reason: Why, as the stack's status reason shall say.
        """
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call ``listener`` when the signal is set, as long as the context lasts.

        Args:
            listener: Called in the thread that sets the signal.
        """
        with self._lock:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)
