"""How a group reaches its capacity: which subnet, which version, which instance goes first."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from moto.autoscaling.models import (
    ASG_NAME_TAG,
    AutoScalingBackend,
    FakeAutoScalingGroup,
    InstanceState,
    TerminateInstanceActivity,
)

Group = Any
"""moto's Auto Scaling group."""

State = Any
"""moto's record of one instance of a group."""

_notify = AutoScalingBackend.notify_terminate_instances


def install() -> None:
    """Replace moto's launches and terminations by those below."""
    FakeAutoScalingGroup.replace_autoscaling_group_instances = launch
    FakeAutoScalingGroup.set_desired_capacity = set_desired_capacity
    AutoScalingBackend.notify_terminate_instances = notify_terminate_instances
    AutoScalingBackend.terminate_instance = terminate_instance
    InstanceState.launch_template = property(launched_from)


def launched_from(state: State) -> Mapping[str, str] | None:
    """Return the launch template and version that an instance was launched from."""
    found: Mapping[str, str] | None = getattr(state.instance, "launched_from", None)
    return found


def set_desired_capacity(self: Group, new_capacity: int | None) -> None:
    """Launch or terminate until the group has its capacity."""
    self.desired_capacity = self.min_size if new_capacity is None else new_capacity
    surplus = len(self.active_instances()) - (self.desired_capacity or 0)
    if surplus < 0:
        self.replace_autoscaling_group_instances(-surplus, self.get_propagated_tags())
    elif surplus > 0:
        terminate(self, surplus)
    if self.name in self.autoscaling_backend.autoscaling_groups:
        self.autoscaling_backend.update_attached_elbs(self.name)
        self.autoscaling_backend.update_attached_target_groups(self.name)


def launch(self: Group, count_needed: int, propagated_tags: dict[str, str]) -> None:
    """Launch instances, each in the zone that has the fewest."""
    tags = {**propagated_tags, ASG_NAME_TAG: self.name}
    for _ in range(count_needed):
        zone, subnet_id = _place(self)
        template = self.ec2_launch_template
        reservation = self.ec2_backend.run_instances(
            self.image_id,
            1,
            self.user_data,
            self.security_groups,
            instance_type=_instance_type(self),
            tags={"instance": dict(tags)},
            placement=zone,
            launch_config=self.launch_config,
            launch_template={
                "LaunchTemplateId": template.id,
                "Version": str(template.get_version(self.launch_template_version).number),
            }
            if template
            else None,
            is_instance_type_default=False,
            associate_public_ip=self.launch_config.associate_public_ip_address
            if self.launch_config
            else None,
            subnet_id=subnet_id,
        )
        instance = reservation.instances[0]
        instance.autoscaling_group = self
        instance.lifecycle = "spot" if _is_spot(self) else instance.lifecycle
        state = InstanceState(
            instance, protected_from_scale_in=self.new_instances_protected_from_scale_in
        )
        self.instance_states.append(state)


def _place(group: Group) -> tuple[str, str | None]:
    """Return the zone, and the subnet in it, of the next instance."""
    taken = Counter(state.availability_zone for state in group.instance_states)
    subnet_ids = group.vpc_zone_identifier.split(",") if group.vpc_zone_identifier else []
    if not subnet_ids:
        return min(group.availability_zones, key=lambda zone: taken[zone]), None
    subnets = [group.ec2_backend.get_subnet(subnet_id) for subnet_id in subnet_ids]
    best = min(subnets, key=lambda subnet: taken[subnet.availability_zone])
    return best.availability_zone, best.id


def _policy(group: Group) -> tuple[list[Mapping[str, Any]], Mapping[str, Any]]:
    policy = group.mixed_instances_policy or {}
    overrides = policy.get("LaunchTemplate", {}).get("Overrides") or []
    return overrides, policy.get("InstancesDistribution") or {}


def _instance_type(group: Group) -> str:
    """Return the type of the next instance: the first choice of a mixed group."""
    overrides, _ = _policy(group)
    named = [override["InstanceType"] for override in overrides if "InstanceType" in override]
    return str(named[0] if named else group.instance_type)


def _is_spot(group: Group) -> bool:
    """Return whether the next instance is a spot one, by the group's distribution."""
    return len(_on_demand(group)) >= _on_demand_share(group, len(group.instance_states) + 1)


def _on_demand(group: Group) -> list[State]:
    return [state for state in group.instance_states if state.instance.lifecycle != "spot"]


def _on_demand_share(group: Group, size: int) -> int:
    """Return how many of ``size`` instances are on-demand ones; the share is rounded up.

    Source: Auto Scaling user guide, "Allocation strategies for multiple instance types".
    """
    if not group.mixed_instances_policy:
        return size
    _, distribution = _policy(group)
    base = int(distribution.get("OnDemandBaseCapacity", 0))
    percent = int(distribution.get("OnDemandPercentageAboveBaseCapacity", 100))
    return min(size, base - (-max(0, size - base) * percent // 100))


def terminate(group: Group, count: int) -> None:
    """Terminate the instances that the group's termination policy chooses."""
    for _ in range(count):
        candidates = [
            state for state in group.active_instances() if not state.protected_from_scale_in
        ]
        if not candidates:
            break
        remove(group, [_first_to_go(group, candidates)])


def _of_one_kind(group: Group, candidates: list[State]) -> list[State]:
    """Return the on-demand or the spot instances, whichever the group has too many of."""
    surplus = len(_on_demand(group)) > _on_demand_share(group, len(group.instance_states) - 1)
    kind = [state for state in candidates if (state.instance.lifecycle != "spot") is surplus]
    return kind or candidates


def _first_to_go(group: Group, candidates: list[State]) -> State:
    """Return the instance to terminate: in the fullest zone, by the group's policy.

    The fullest is the one with the most instances that has one to terminate.
    Source: Auto Scaling user guide, "Termination policies".
    """
    zones = {state.availability_zone for state in candidates}
    by_zone = Counter(state.availability_zone for state in group.active_instances())
    most = max(by_zone[zone] for zone in zones)
    fullest = _of_one_kind(
        group, [state for state in candidates if by_zone[state.availability_zone] == most]
    )
    policy = (group.termination_policies or ["Default"])[0]
    if policy == "NewestInstance":
        return max(fullest, key=lambda state: state.instance.launch_time)
    if policy == "OldestInstance":
        return min(fullest, key=lambda state: state.instance.launch_time)
    return min(fullest, key=lambda state: (_version(state), state.instance.launch_time))


def _version(state: State) -> int:
    return int((launched_from(state) or {}).get("Version", 0))


def remove(group: Group, states: list[State]) -> None:
    """Take instances out of the group and its target groups, and terminate them."""
    ids = [state.instance.id for state in states]
    if not ids:
        return
    group.instance_states = [state for state in group.instance_states if state not in states]
    balancing = group.autoscaling_backend.elbv2_backend
    for arn in group.target_group_arns:
        target_group = balancing.target_groups.get(arn)
        registered = target_group.targets if target_group else {}
        if leaving := [{"Id": name} for name in ids if name in registered]:
            balancing.deregister_targets(arn, leaving)
    group.ec2_backend.terminate_instances(ids)


def notify_terminate_instances(self: Any, instance_ids: list[str]) -> None:  # noqa: ANN401 - moto's backend
    """Replace instances that were terminated behind a group's back, behind its balancer too."""
    _notify(self, instance_ids)
    for name in list(self.autoscaling_groups):
        self.update_attached_target_groups(name)


def terminate_instance(self: Any, instance_id: str, should_decrement: bool) -> Any:  # noqa: ANN401 - moto's
    """Terminate one instance, and launch another one unless the capacity shrinks."""
    state = next(
        state
        for group in self.autoscaling_groups.values()
        for state in group.instance_states
        if state.instance.id == instance_id
    )
    group = state.instance.autoscaling_group
    before = group.desired_capacity
    remove(group, [state])
    group.set_desired_capacity(before - 1 if should_decrement else before)
    return TerminateInstanceActivity(state.instance, before)
