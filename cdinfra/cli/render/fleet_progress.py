"""Where every host of a rollout stands, folded from events: what is drawn and told of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from cdinfra.rollout.events import (
    HostMoved,
    HostState,
    PhaseStarted,
    RolloutEvent,
    RolloutFinished,
    RolloutStarted,
    Waited,
    WentBack,
)
from cdinfra.rollout.plan import RolloutPlan

AT_WORK = frozenset(
    {
        HostState.PULLING,
        HostState.DRAINING,
        HostState.SWAPPING,
        HostState.CHECKING,
        HostState.REGISTERING,
        HostState.GOING_BACK,
    }
)
"""States in which something is done with a host."""

BAD = frozenset({HostState.FAILED, HostState.NOT_BACK})
"""States that a person has to look at."""

AT_REST = frozenset({HostState.WAITING, HostState.PULLED})
"""States in which a host's turn has not come."""


@dataclass(slots=True, kw_only=True)
class HostProgress:
    """One host on its way.

    Attributes:
        instance_id: The host.
        batch: Number of its batch from 1; 0 outside of batches.
        is_canary: Whether it is of the batch on which the release is tried.
        state: Where it is.
        since: When it came there, in seconds since 1970; None at the start.
        begun: When its swap began, or its draining before; None before.
        reason: Why, where it failed.
    """

    instance_id: str
    batch: int = 0
    is_canary: bool = False
    state: HostState = HostState.WAITING
    since: float | None = None
    begun: float | None = None
    reason: str = ""

    def elapsed(self, now: float) -> float | None:
        """Return for how long it is at work in its state, or its whole turn took; else None."""
        if self.since is None or self.state in AT_REST:
            return None
        if self.state in AT_WORK:
            return now - self.since
        return self.since - (self.since if self.begun is None else self.begun)

    def move(self, event: HostMoved, now: float) -> None:
        """Take in that it is in another state."""
        self.batch = event.batch or self.batch
        if event.state in AT_WORK and event.state is not HostState.PULLING:
            restarts = event.state is HostState.GOING_BACK or self.begun is None
            self.begun = now if restarts else self.begun
        elif event.state in AT_REST:
            self.begun = None
        self.state, self.since = event.state, now
        self.reason = event.reason or self.reason


@dataclass(slots=True, kw_only=True)
class FleetProgress:
    """Where the rollout and every host of it stands.

    Attributes:
        plan: What is being done.
        began: When the lock was held, in seconds since 1970; None before.
        phase: The step that is under way; None before the first.
        back: Why hosts are brought back, where they are.
        waits_for: What is being waited for; None where for nothing that was told.
        waits_since: Since when.
        finished: How it ended; None while it has not.
        is_stopping: Whether Ctrl-C was pressed, and nobody asked yet what is wanted.
        hosts: Every host that takes part, in order, by instance id.
        counts: How many hosts are in each state.
        active: The hosts at work, longest first, by instance id.
        bad: The hosts that failed, or did not come back, by instance id.
    """

    plan: RolloutPlan
    began: float | None = None
    phase: PhaseStarted | None = None
    back: WentBack | None = None
    waits_for: Waited | None = None
    waits_since: float = 0.0
    finished: RolloutFinished | None = None
    is_stopping: bool = False
    hosts: dict[str, HostProgress] = field(default_factory=dict)
    counts: Counter[HostState] = field(default_factory=Counter)
    active: dict[str, HostProgress] = field(default_factory=dict)
    bad: dict[str, HostProgress] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let every host of the plan wait."""
        self.hosts = _hosts(self.plan)
        self.counts = Counter(each.state for each in self.hosts.values())

    def waits_at_most(self, now: float) -> float | None:
        """Return for how many seconds more it is waited at most; None where nobody knows."""
        if self.waits_for is None or self.waits_for.seconds is None:
            return None
        return max(0.0, self.waits_for.seconds - (now - self.waits_since))

    def apply(self, event: RolloutEvent, now: float) -> None:
        """Take in what happened.

        Args:
            event: What happened.
            now: When, in seconds since 1970.
        """
        match event:
            case HostMoved():
                self._move(event, now)
            case Waited():
                self.waits_for, self.waits_since = event, now
            case RolloutStarted():
                # The fleet may be another one than when the plan was shown.
                self.plan, self.began = event.plan, now
                self.hosts = _hosts(event.plan) | _told(self.hosts.values())
                self.counts = Counter(each.state for each in self.hosts.values())
                self.waits_for = None
            case PhaseStarted():
                self.phase, self.waits_for = event, None
            case WentBack():
                self.back, self.waits_for = event, None
            case RolloutFinished():
                self.finished, self.waits_for = event, None
            case _:
                pass

    def _move(self, event: HostMoved, now: float) -> None:
        name = event.instance_id
        host = self.hosts.get(name)
        if host is None:
            # It came up during the rollout, and is taken along.
            host = self.hosts[name] = HostProgress(instance_id=name)
        else:
            self.counts[host.state] -= 1
        host.move(event, now)
        self.counts[host.state] += 1
        for states, members in ((AT_WORK, self.active), (BAD, self.bad)):
            members.pop(name, None)
            if host.state in states:
                members[name] = host


def _hosts(plan: RolloutPlan) -> dict[str, HostProgress]:
    return {
        host.instance_id: HostProgress(
            instance_id=host.instance_id, batch=number, is_canary=batch.is_canary
        )
        for number, batch in enumerate(plan.batches, 1)
        for host in batch.hosts
    }


def _told(hosts: Iterable[HostProgress]) -> dict[str, HostProgress]:
    """Return the hosts of which something was told."""
    return {each.instance_id: each for each in hosts if each.since is not None}
