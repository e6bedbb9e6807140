"""How often each AWS call was made: what a command costs can be read off."""

from collections import Counter
from collections.abc import Mapping
from threading import Lock

from cdinfra.local.call import Call


class CallCounts:
    """Counts calls by ``service:Operation``. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()

    def add(self, call: Call) -> None:
        """Count one call."""
        with self._lock:
            self._counts[str(call)] += 1

    def counts(self) -> Mapping[str, int]:
        """Return the counts so far, by name."""
        with self._lock:
            return dict(sorted(self._counts.items()))
