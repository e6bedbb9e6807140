"""When each host of a rollout was in which state, as its entry in the history keeps it.

An entry is one object that later rollouts read, so it is bounded: a large fleet is cut, and
the hosts on which something went wrong are kept first.
"""

from dataclasses import dataclass, field
from datetime import datetime

from cdinfra.rollout.events import HostState

MOST_HOSTS = 200
"""Hosts that an entry keeps the times of; with 8 states each about 100 KB of JSON."""

MOST_STATES = 40
"""States that are kept of one host; what comes later takes the place of the last."""

_TELLING = frozenset({HostState.FAILED, HostState.NOT_BACK, HostState.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTimes:
    """One host of a rollout in time.

    Attributes:
        instance_id: The host.
        batch: Number of its batch from 1; 0 outside of batches.
        states: The states that it went through, in order.
        since: When it came into each of them, in seconds since the rollout began.
    """

    instance_id: str
    batch: int = 0
    states: tuple[HostState, ...] = ()
    since: tuple[float, ...] = ()


@dataclass(slots=True)
class _Row:
    batch: int
    moves: list[tuple[HostState, datetime]] = field(default_factory=list)


class Timeline:
    """Notes when hosts come into states."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}

    def note(self, instance_id: str, state: HostState, at: datetime, batch: int = 0) -> None:
        """Note that a host is in a state from a moment on."""
        moves = self._rows.setdefault(instance_id, _Row(batch)).moves
        if len(moves) == MOST_STATES:
            moves.pop()
        moves.append((state, at))

    def hosts(self, began_at: datetime) -> tuple[HostTimes, ...]:
        """Return the hosts in the order in which they were first noted, 200 at most.

        Args:
            began_at: When the rollout began.
        """
        kept = set(sorted(self._rows, key=self._is_calm)[:MOST_HOSTS])
        return tuple(
            HostTimes(
                instance_id=instance_id,
                batch=row.batch,
                states=tuple(state for state, _ in row.moves),
                since=tuple(_seconds(began_at, at) for _, at in row.moves),
            )
            for instance_id, row in self._rows.items()
            if instance_id in kept
        )

    def _is_calm(self, instance_id: str) -> bool:
        return not any(state in _TELLING for state, _ in self._rows[instance_id].moves)


def _seconds(began_at: datetime, at: datetime) -> float:
    return max(0.0, round((at - began_at).total_seconds(), 1))
