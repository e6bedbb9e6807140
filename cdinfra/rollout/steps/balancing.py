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
        lambda _, standing: standing.state is TargetState.ABSENT,
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
    """Wait until the load balancers find hosts healthy; one that they do not has failed.

    One that they found unhealthy and that is gone then has failed, too: Auto Scaling ends such
    hosts within a minute or two, and else a release that no load balancer takes would go from
    batch to batch, each of whose hosts is merely gone.
    """
    if not hosts or not work.ports.balancer.is_there:
        return
    sick: dict[str, str] = {}

    def is_healthy(instance_id: str, standing: TargetStanding) -> bool:
        if standing.state is TargetState.UNHEALTHY:
            sick[instance_id] = standing.reason or str(standing.state)
        return standing.state is TargetState.HEALTHY

    seconds = work.plan.strategy.balancer_seconds
    late = _wait(work, hosts, is_healthy, "the load balancer to find them healthy", seconds)
    slow = [each for each in hosts if each.instance_id in late]
    for each in work.drop_gone([one for one in slow if one.instance_id not in sick]):
        standing = late[each.instance_id]
        _fail(work, each, standing.reason or str(standing.state), failed_state)
    for each in slow:
        if each.instance_id in sick:
            _fail(work, each, sick[each.instance_id], failed_state)


def _fail(work: Work, host: Host, why: str, state: HostState) -> None:
    reason = f"its load balancer does not find it healthy: {why}"
    work.progress.fail(host.instance_id, reason, state=state)


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
    is_there: Callable[[str, TargetStanding], bool],
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
        left = {each: left[each] for each, standing in late.items() if not is_there(each, standing)}
        remaining = (until - work.pacing.now()).total_seconds()
        if not left or remaining <= 0:
            return {each: late[each] for each in left}
        work.pacing.wait_for(what, min(LOOK_SECONDS, remaining), remaining)
