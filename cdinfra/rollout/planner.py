"""Makes the plan of a rollout: which hosts change, in which order, how many at once; pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.image import Image
from cdinfra.rollout.observed import Observed, ObservedHost
from cdinfra.rollout.plan import Batch, HostPlan, Purpose, RolloutPlan
from cdinfra.rollout.strategy import Strategy, Way


def plan(
    purpose: Purpose, group: DeployGroup, image: Image, observed: Observed, strategy: Strategy
) -> RolloutPlan:
    """Return what a rollout is going to do.

    Hosts that run the image already, and well, are left alone, unless it is a redeploy. The
    others are spread over zones, so that no batch takes a zone whole where that can be helped.

    Args:
        purpose: What it is for.
        group: The deploy group.
        image: What the hosts are to run.
        observed: What was seen of them.
        strategy: How to go about it. Shares are of all the hosts that run.

    Raises:
        InvalidInputError: There is no such way.
    """
    if strategy.way is not Way.IN_PLACE:
        hint = f"{Way.IN_PLACE} swaps the container on each host"
        raise InvalidInputError(
            Problem(path="strategy", message=f"{strategy.way} is not there yet", hint=hint)
        )
    again = purpose is Purpose.REDEPLOY
    current = [each for each in observed.hosts if not again and each.serves(image.release)]
    settled = {each.host.instance_id for each in current}
    changing = [each for each in observed.hosts if each.host.instance_id not in settled]
    return RolloutPlan(
        purpose=purpose,
        group=group,
        image=image,
        from_release=observed.release,
        batches=tuple(_batches(spread(changing), observed, strategy)),
        current=tuple(map(_host_plan, current)),
        strategy=strategy,
    )


def spread(hosts: Sequence[ObservedHost]) -> tuple[ObservedHost, ...]:
    """Return hosts in an order that takes them from each zone evenly, as far as that goes."""
    zones: dict[str, list[ObservedHost]] = defaultdict(list)
    for each in hosts:
        zones[each.host.zone].append(each)
    places = [
        (Fraction(2 * number + 1, 2 * len(members)), zone, number)
        for zone, members in zones.items()
        for number in range(len(members))
    ]
    return tuple(zones[zone][number] for _, zone, number in sorted(places))


def at_once(hosts: int, observed: Observed, strategy: Strategy) -> int:
    """Return how many of so many hosts may be away at once: at least one.

    Behind a load balancer some host always stays, unless there is only one.
    """
    fleet = len(observed.hosts)
    allowed = strategy.max_unavailable.of(fleet)
    if observed.is_balanced:
        allowed = min(allowed, fleet - 1)
    return max(1, min(allowed, hosts))


def _batches(
    hosts: Sequence[ObservedHost], observed: Observed, strategy: Strategy
) -> Iterator[Batch]:
    fleet = len(observed.hosts)
    first = strategy.canary.of(fleet)
    size = max(1, strategy.batch.of(fleet))
    # A canary of the whole rest would be no trial.
    if 0 < first < len(hosts):
        yield _batch(hosts[:first], observed, strategy, is_canary=True)
    else:
        first = 0
    for start in range(first, len(hosts), size):
        yield _batch(hosts[start : start + size], observed, strategy)


def _batch(
    hosts: Sequence[ObservedHost],
    observed: Observed,
    strategy: Strategy,
    *,
    is_canary: bool = False,
) -> Batch:
    return Batch(
        hosts=tuple(map(_host_plan, hosts)),
        at_once=at_once(len(hosts), observed, strategy),
        is_canary=is_canary,
        pause_seconds=strategy.bake_seconds if is_canary else strategy.pause_seconds,
    )


def _host_plan(seen: ObservedHost) -> HostPlan:
    return HostPlan(
        instance_id=seen.host.instance_id,
        from_release=seen.running,
        agent=seen.report.agent if seen.report else "",
    )
