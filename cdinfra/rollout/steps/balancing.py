"""Takes hosts out of their load balancers, puts them in again, and waits until they are."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from cdinfra.aws.hosts import Host
from cdinfra.rollout.events import HostState, Phase
from cdinfra.rollout.ports import TargetStanding, TargetState
from cdinfra.rollout.work import Work

DRAIN_GRACE = 60.0
"""How long after the deregistration delay a host may still be draining, in seconds."""

LOOK_SECONDS = 2.0


def drain(work: Work, hosts: Sequence[Host], batch: int) -> None:
    """Take hosts out of their load balancers, and wait until no connection is left.

    One that does not get there in its time has failed.
    """
    balancer = work.ports.balancer
    work.begin(Phase.DRAIN, len(hosts), batch)
    work.progress.move_all(hosts, HostState.DRAINING)
    work.progress.out.update(dict.fromkeys(each.instance_id for each in hosts))
    work.pacing.patiently(lambda: balancer.deregister(hosts))
    late = _wait(
        work,
        hosts,
        lambda standing: standing.state is TargetState.ABSENT,
        "connections to end",
        balancer.drain_seconds + DRAIN_GRACE,
    )
    for instance_id, standing in late.items():
        work.progress.fail(instance_id, f"its load balancer still says {standing.state}")


def put_back(work: Work, hosts: Sequence[Host], batch: int) -> None:
    """Put those of the hosts in again that were taken out."""
    out = [each for each in hosts if each.instance_id in work.progress.out]
    if not out:
        return
    work.begin(Phase.REGISTER, len(out), batch)
    work.pacing.patiently(lambda: work.ports.balancer.register(out))
    for each in out:
        work.progress.out.pop(each.instance_id, None)


def await_healthy(
    work: Work, hosts: Sequence[Host], failed_state: HostState = HostState.FAILED
) -> None:
    """Wait until the load balancers find hosts healthy; one that they do not has failed."""
    if not hosts or not work.ports.balancer.is_there:
        return
    late = _wait(
        work,
        hosts,
        lambda standing: standing.state is TargetState.HEALTHY,
        "the load balancer to find them healthy",
        work.plan.strategy.balancer_seconds,
    )
    for each in work.drop_gone([one for one in hosts if one.instance_id in late]):
        standing = late[each.instance_id]
        why = standing.reason or str(standing.state)
        reason = f"its load balancer does not find it healthy: {why}"
        work.progress.fail(each.instance_id, reason, state=failed_state)


def register_absent(work: Work, hosts: Sequence[Host]) -> None:
    """Put hosts in again that a rollout which was cut off had taken out."""
    if not hosts or not work.ports.balancer.is_there:
        return
    states = work.pacing.patiently(lambda: work.ports.balancer.states(hosts))
    gone = (TargetState.ABSENT, TargetState.DRAINING)
    absent = TargetStanding(state=TargetState.ABSENT)
    out = [each for each in hosts if states.get(each.instance_id, absent).state in gone]
    if out:
        work.notice(f"{len(out)} hosts were out of their load balancers, and are put in again")
        work.pacing.patiently(lambda: work.ports.balancer.register(out))


def _wait(
    work: Work,
    hosts: Sequence[Host],
    is_there: Callable[[TargetStanding], bool],
    what: str,
    seconds: float,
) -> dict[str, TargetStanding]:
    """Wait until all hosts are there; return those that are not in that time."""
    until = work.pacing.now() + timedelta(seconds=seconds)
    left = {each.instance_id: each for each in hosts}
    absent = TargetStanding(state=TargetState.ABSENT)
    while True:
        asked = tuple(left.values())
        states = work.pacing.patiently(partial(work.ports.balancer.states, asked))
        late = {each: states.get(each, absent) for each in left}
        left = {each: left[each] for each, standing in late.items() if not is_there(standing)}
        remaining = (until - work.pacing.now()).total_seconds()
        if not left or remaining <= 0:
            return {each: late[each] for each in left}
        work.pacing.wait_for(what, min(LOOK_SECONDS, remaining), remaining)
