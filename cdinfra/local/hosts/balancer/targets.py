"""Where each target of a group is in its life.

::

    registered -> INITIAL: no requests; one good check ends it, as do too many bad ones
               -> SERVING: requests while HAProxy finds it sound
    deregistered -> DRAINING: no new requests; removed once what runs has ended
                 -> forgotten when the group's deregistration delay is over

A server of HAProxy that is in its first phase has a name of its own: it is tried more often,
so that a target serves soon after it can.
Source: Application Load Balancers user guide, "Target group health checks", "Deregistration
delay": a new target must pass one check; a draining one is shown as such until the delay is
over, also where nothing runs on it any more.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from cdinfra.local.hosts.balancer.model import Target, TargetGroup
from cdinfra.local.hosts.balancer.runtime import Server, ServerState, Traffic

FIRST_CHECK_SECONDS = 2
"""Time between two checks of a target that has not been found sound yet, at most."""

FIRST = "first."
"""What the server's name begins with in a target's first phase."""


class Phase(StrEnum):
    """Where a target is in its life."""

    INITIAL = "initial"
    SERVING = "serving"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A target and what has become of it.

    Attributes:
        target: The target.
        phase: Where it is in its life.
        since: When that began, in seconds of a clock that only grows.
        sound: Whether the last check that ended was good.
        state: What HAProxy last said of its server; None where it has none.
        is_drained: Whether nothing runs on it any more.
    """

    target: Target
    phase: Phase = Phase.INITIAL
    since: float
    sound: bool = False
    state: ServerState | None = None
    is_drained: bool = False

    @property
    def is_reachable(self) -> bool:
        """Whether it can have a server at all."""
        return bool(self.target.address) and self.target.is_running

    @property
    def may_run(self) -> bool:
        """Whether requests may run on it."""
        return self.phase is not Phase.INITIAL and not self.is_drained

    @property
    def server_name(self) -> str:
        """Name of its server."""
        return f"{FIRST if self.phase is Phase.INITIAL else ''}{self.target.key}"


Group = Mapping[str, Tracked]
"""The targets of one group, by their key."""


def advance(
    before: Group,
    registered: Iterable[Target],
    group: TargetGroup,
    *,
    states: Mapping[str, ServerState] | None,
    now: float,
) -> dict[str, Tracked]:
    """Return the targets as they are now.

    Args:
        before: The targets as they were.
        registered: What is registered.
        group: The group.
        states: HAProxy's servers, by path; None where it does not answer.
        now: Seconds of a clock that only grows.
    """
    targets = {target.key: target for target in registered}
    after: dict[str, Tracked] = {}
    for key, target in targets.items():
        known = before.get(key)
        if known is None or known.phase is Phase.DRAINING:
            after[key] = _joining(target, known, now)
        else:
            seen = _seen(replace(known, target=target), group, states)
            after[key] = _advanced(seen, group, now)
    for key, known in before.items():
        if key not in targets and (left := _leaving(known, group, states, now)):
            after[key] = left
    return after


def _joining(target: Target, left: Tracked | None, now: float) -> Tracked:
    """Return a target that is registered; one that still drains and is sound serves on."""
    state = left.state if left and not left.is_drained else None
    if state is None or not state.passed:
        return Tracked(target=target, since=now)
    return Tracked(target=target, phase=Phase.SERVING, since=now, sound=True, state=state)


def _seen(known: Tracked, group: TargetGroup, states: Mapping[str, ServerState] | None) -> Tracked:
    if states is None:
        return known
    state, last = states.get(f"{group.name}/{known.server_name}"), known.state
    if state and last and not state.is_checked:
        # A server that was just made knows nothing yet of what the one before it found.
        state = replace(state, check=last.check, check_status=last.check_status)
    return replace(known, state=state)


def _advanced(known: Tracked, group: TargetGroup, now: float) -> Tracked:
    if not known.is_reachable:
        # Started again, it has to prove itself again.
        return replace(known, phase=Phase.INITIAL, since=now, sound=False, state=None)
    state = known.state
    match known.phase:
        case Phase.INITIAL if state and state.passed:
            return replace(known, phase=Phase.SERVING, since=now, sound=True)
        case Phase.INITIAL if state and state.is_checked and now >= known.since + _patience(group):
            return replace(known, phase=Phase.SERVING, since=now, sound=False)
        case Phase.SERVING if state and state.name == known.server_name:
            return replace(known, sound=state.is_up)
        case Phase.INITIAL | Phase.SERVING | Phase.DRAINING:
            return known
        case _:
            assert_never(known.phase)


def _patience(group: TargetGroup) -> float:
    """Return for how many seconds the checks of a new target may fail before it is unhealthy."""
    return group.check.interval_seconds * (group.check.unhealthy_threshold - 1)


def _leaving(
    known: Tracked, group: TargetGroup, states: Mapping[str, ServerState] | None, now: float
) -> Tracked | None:
    if known.phase is not Phase.DRAINING:
        # Until now it was not drained: what HAProxy said of it is of before.
        drained = known.phase is Phase.INITIAL
        return replace(known, phase=Phase.DRAINING, since=now, is_drained=drained)
    if now >= known.since + group.deregistration_seconds:
        return None
    seen = _seen(known, group, states)
    is_drained = states is not None and (seen.state is None or seen.state.is_drained)
    return replace(seen, is_drained=known.is_drained or is_drained)


def wanted_servers(group: TargetGroup, tracked: Iterable[Tracked]) -> Iterator[Server]:
    """Yield the servers that a group shall have.

    Args:
        group: The group.
        tracked: Its targets.
    """
    for each in tracked:
        if each.is_reachable and not each.is_drained:
            yield _server(group, each)


def _server(group: TargetGroup, tracked: Tracked) -> Server:
    check, first = group.check, tracked.phase is Phase.INITIAL
    interval = min(check.interval_seconds, FIRST_CHECK_SECONDS) if first else check.interval_seconds
    return Server(
        backend=group.name,
        name=tracked.server_name,
        address=tracked.target.address,
        port=tracked.target.port,
        check_port=check.port,
        check_tls=check.is_tls,
        tls=group.is_tls,
        interval_seconds=interval,
        rise=check.healthy_threshold,
        fall=check.unhealthy_threshold,
        traffic=Traffic.SOME if tracked.phase is Phase.SERVING else Traffic.NONE,
        sound=tracked.sound,
    )


def is_settled(tracked: Iterable[Tracked]) -> bool:
    """Whether no target has to be looked at soon."""
    return all(
        each.phase is Phase.SERVING or each.is_drained or not each.is_reachable for each in tracked
    )
