"""How far each host is during a rollout; tells of every move."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from cdinfra.aws.hosts import Host
from cdinfra.rollout.events import HostMoved, HostState, OnRolloutEvent
from cdinfra.rollout.pacing import Pacing
from cdinfra.rollout.result import FailedHost
from cdinfra.rollout.timeline import Timeline

_FAILED = frozenset({HostState.FAILED, HostState.NOT_BACK})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    state: HostState = HostState.WAITING
    since: datetime
    batch: int = 0


class Progress:
    """The hosts of one rollout.

    Args:
        pacing: What time it is.
        on_event: Told when a host is in another state.

    Attributes:
        hosts: The hosts that take part, by instance id.
        touched: Those that may have changed, in the order in which they were told to.
        changed: Those that run another container than before.
        out: Those that are taken out of their load balancers.
        timeline: When each was in which state.
    """

    def __init__(self, pacing: Pacing, on_event: OnRolloutEvent) -> None:
        self._pacing = pacing
        self._on_event = on_event
        self._places: dict[str, _Place] = {}
        self._count: Counter[HostState] = Counter()
        self._failures: dict[str, FailedHost] = {}
        self.hosts: dict[str, Host] = {}
        self.touched: dict[str, None] = {}
        self.changed: set[str] = set()
        self.out: dict[str, None] = {}
        self.timeline = Timeline()

    def add(self, hosts: Iterable[Host], batch: int = 0) -> None:
        """Take hosts in, as those of a batch."""
        for each in hosts:
            self.hosts[each.instance_id] = each
            place = _Place(since=self._pacing.now(), batch=batch)
            if self._places.setdefault(each.instance_id, place) is place:
                self._count[place.state] += 1
                self.timeline.note(each.instance_id, place.state, place.since, batch)

    def move(self, instance_id: str, state: HostState) -> None:
        """Say that a host is in another state; nothing happens where it is in that."""
        if self.state(instance_id) is not state:
            self._failures.pop(instance_id, None)
            self._tell(instance_id, state)

    def move_all(self, hosts: Iterable[Host], state: HostState) -> None:
        """Say that hosts are in another state."""
        for each in hosts:
            self.move(each.instance_id, state)

    def fail(
        self,
        instance_id: str,
        reason: str,
        log: tuple[str, ...] = (),
        *,
        state: HostState = HostState.FAILED,
    ) -> None:
        """Say that a host has failed, and why."""
        failed = FailedHost(instance_id=instance_id, reason=reason, log=log)
        self._failures[instance_id] = failed
        self._tell(instance_id, state, reason, log)

    def lose(self, instance_id: str, reason: str) -> None:
        """Say that a host does not run any more: no failure, Auto Scaling replaces it."""
        self._failures.pop(instance_id, None)
        self.touched.pop(instance_id, None)
        self.changed.discard(instance_id)
        self.out.pop(instance_id, None)
        self._tell(instance_id, HostState.GONE, f"it is {reason}")

    def note_outcome(self, instance_id: str, outcome: str) -> None:
        """Remember whether a host that got there has another container than before."""
        if outcome == "changed":
            self.changed.add(instance_id)

    def state(self, instance_id: str) -> HostState:
        """Return where a host is."""
        place = self._places.get(instance_id)
        return place.state if place else HostState.WAITING

    def of(self, instance_ids: Iterable[str], *states: HostState) -> tuple[Host, ...]:
        """Return those of the hosts that are in one of the states, in their order."""
        return tuple(
            self.hosts[each]
            for each in instance_ids
            if each in self.hosts and self.state(each) in states
        )

    def remaining(self, instance_ids: Collection[str]) -> tuple[Host, ...]:
        """Return those of the hosts that have neither failed nor gone."""
        out = (*_FAILED, HostState.GONE)
        return tuple(
            self.hosts[each]
            for each in instance_ids
            if each in self.hosts and self.state(each) not in out
        )

    @property
    def failures(self) -> tuple[FailedHost, ...]:
        """The hosts that failed and have not come right since."""
        return tuple(self._failures.values())

    @property
    def done(self) -> int:
        """How many hosts have been swapped, and are well as far as is known."""
        served = (HostState.DONE, HostState.CHECKING, HostState.REGISTERING)
        return sum(self._count[each] for each in served)

    def _tell(
        self, instance_id: str, state: HostState, reason: str = "", log: tuple[str, ...] = ()
    ) -> None:
        now = self._pacing.now()
        place = self._places.get(instance_id) or _Place(since=now)
        self._places[instance_id] = replace(place, state=state, since=now)
        self._count[place.state] -= 1
        self._count[state] += 1
        self.timeline.note(instance_id, state, now, place.batch)
        self._on_event(
            HostMoved(
                instance_id=instance_id,
                state=state,
                batch=place.batch,
                seconds=round((now - place.since).total_seconds(), 1),
                reason=reason,
                log=log,
            )
        )
