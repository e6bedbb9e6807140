"""The load balancers before the hosts of a deploy group.

A host is in every target group that its Auto Scaling group registers hosts with, and what is
thought of it is what all of them think. Calls grow with target groups, never with hosts.

An Auto Scaling group leaves a host alone that is taken out here: with health checks of the
load balancer it replaces a host which is registered and reported as ``unhealthy``, and one
that drains, is not registered or has just been registered is reported otherwise. So neither
standby nor a suspended process is needed, which a deployer that dies would leave behind.
Source: Auto Scaling user guide, "Health checks for instances", Elastic Load Balancing health
checks; Elastic Load Balancing API reference, TargetHealth.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from cdinfra.aws.cloud import Aws
from cdinfra.aws.hosts import Host
from cdinfra.aws.target_groups import Target, TargetHealth
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.group_stack import describe_group_stack, describe_scaling_group
from cdinfra.rollout.ports import TargetStanding, TargetState

NOT_IN_USE = "Target.NotInUse"
NOT_REGISTERED = "Target.NotRegistered"

_STATES: Mapping[str, TargetState] = {
    "healthy": TargetState.HEALTHY,
    "initial": TargetState.COMING,
    "draining": TargetState.DRAINING,
    "unhealthy": TargetState.UNHEALTHY,
    "unhealthy.draining": TargetState.UNHEALTHY,
    "unavailable": TargetState.UNHEALTHY,
    "unused": TargetState.UNHEALTHY,
}
"""Source: Elastic Load Balancing API reference, TargetHealth, State."""

_WORST_FIRST = (TargetState.UNHEALTHY, TargetState.DRAINING, TargetState.COMING)


class AwsBalancer:
    """The target groups of a deploy group's Auto Scaling group.

    Args:
        aws: The group's place.
        group: The deploy group.
    """

    def __init__(self, aws: Aws, group: DeployGroup) -> None:
        self._aws = aws
        self._group = group
        self._ports: dict[tuple[str, str], set[int | None]] = {}

    @cached_property
    def target_groups(self) -> tuple[str, ...]:
        """ARNs of the target groups; read once."""
        stack = describe_group_stack(self._aws, self._group)
        scaling = describe_scaling_group(self._aws, stack)
        return scaling.target_groups if scaling else ()

    @property
    def is_there(self) -> bool:
        """Whether there is any target group."""
        return bool(self.target_groups)

    @cached_property
    def drain_seconds(self) -> float:
        """For how many seconds a host that leaves is shown as draining, at most; read once.

        Source: Application Load Balancers user guide, "Deregistration delay": it is shown
        until the delay is over, also where no connection is left.
        """
        delays = map(self._aws.target_groups.describe_delay, self.target_groups)
        return float(max(delays, default=0))

    def deregister(self, hosts: Sequence[Host]) -> None:
        """Take hosts out; one that is not in is no error.

        Raises:
            CloudError: The load balancer refuses, or cannot be asked.
        """
        wanted = {each.instance_id for each in hosts}
        for arn in self.target_groups:
            there = [each for each in self._health(arn) if each.target_id in wanted]
            leaving = [each for each in there if _is_in(each)]
            for each in leaving:
                self._ports.setdefault((arn, each.target_id), set()).add(each.port)
            if leaving:
                targets = [Target(target_id=each.target_id, port=each.port) for each in leaving]
                self._aws.target_groups.deregister(arn, targets)

    def register(self, hosts: Sequence[Host]) -> None:
        """Put hosts in, at the ports that they had; one that is in is no error.

        Raises:
            CloudError: The load balancer refuses, or cannot be asked.
        """
        for arn in self.target_groups if hosts else ():
            targets = [
                Target(target_id=each.instance_id, port=port)
                for each in hosts
                for port in sorted(self._ports.get((arn, each.instance_id), {None}), key=str)
            ]
            self._aws.target_groups.register(arn, targets)

    def states(self, hosts: Sequence[Host]) -> Mapping[str, TargetStanding]:
        """Return what is thought of each, by instance id.

        Raises:
            CloudError: The load balancer cannot be asked.
        """
        wanted = {each.instance_id for each in hosts}
        thought: dict[str, list[tuple[TargetHealth, ...]]] = {each: [] for each in wanted}
        for arn in self.target_groups:
            of_host: dict[str, list[TargetHealth]] = {}
            for each in self._health(arn):
                of_host.setdefault(each.target_id, []).append(each)
            for instance_id, found in thought.items():
                found.append(tuple(of_host.get(instance_id, ())))
        return {instance_id: standing(found) for instance_id, found in thought.items()}

    def _health(self, arn: str) -> tuple[TargetHealth, ...]:
        return self._aws.target_groups.describe_target_health(arn)


def standing(thought: Iterable[Sequence[TargetHealth]]) -> TargetStanding:
    """Return what target groups together think of a host.

    One without a listener thinks nothing: it is not counted as long as another one does.

    Args:
        thought: Of each target group, what it thinks of the host at each of its ports.
    """
    groups = [tuple(each for each in found if not _is_absent(each)) for found in thought]
    counted = [found for found in groups if not any(each.reason == NOT_IN_USE for each in found)]
    every = [each for found in counted for each in found]
    for state in _WORST_FIRST:
        for each in every:
            if _state(each) is state:
                return TargetStanding(state=state, reason=each.description or each.reason)
    if every and all(counted):
        return TargetStanding(state=TargetState.HEALTHY)
    if every:
        reason = "it is not in all of its target groups"
        return TargetStanding(state=TargetState.COMING, reason=reason)
    if groups and not counted:
        return TargetStanding(state=TargetState.HEALTHY, reason="no listener forwards to it")
    return TargetStanding(state=TargetState.ABSENT)


def _state(health: TargetHealth) -> TargetState:
    return _STATES.get(health.state, TargetState.UNHEALTHY)


def _is_absent(health: TargetHealth) -> bool:
    return health.reason == NOT_REGISTERED


def _is_in(health: TargetHealth) -> bool:
    return not _is_absent(health) and _state(health) is not TargetState.DRAINING
