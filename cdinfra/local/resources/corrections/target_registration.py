"""Which instances are in a target group: new ones of its groups, and never one taken out by hand.

moto registers every instance of an Auto Scaling group again whenever anything about the group
changes. A host that a deployer has taken out to drain it would get requests in the middle of
its swap.
"""

from collections.abc import Sequence
from typing import Any

from moto.autoscaling.models import AutoScalingBackend
from moto.elbv2.models import FakeTargetGroup

Backend = Any
"""moto's Auto Scaling backend of one account and region."""

_attach = AutoScalingBackend.attach_load_balancer_target_groups
_deregister = FakeTargetGroup.deregister


def install() -> None:
    """Replace moto's registrations by those below."""
    AutoScalingBackend.update_attached_target_groups = register_new
    AutoScalingBackend.attach_load_balancer_target_groups = attach
    FakeTargetGroup.deregister = deregister


def register_new(self: Backend, group_name: str) -> None:
    """Register a group's new instances; one that somebody took out stays out.

    Source: Auto Scaling user guide, "Attach a load balancer": instances are registered when
    they are launched or attached.
    """
    for arn in self.autoscaling_groups[group_name].target_group_arns:
        found = self.elbv2_backend.target_groups.get(arn)
        if found is not None:
            _register(self, group_name, found, {*found.targets, *found.deregistered_targets})


def attach(self: Backend, group_name: str, target_group_arns: list[str]) -> None:
    """Attach target groups, which get all instances, also those that once left them."""
    _attach(self, group_name, target_group_arns)
    for arn in target_group_arns:
        found = self.elbv2_backend.target_groups.get(arn)
        if found is not None:
            _register(self, group_name, found, set(found.targets))


def _register(self: Backend, group_name: str, target_group: Any, known: set[str]) -> None:  # noqa: ANN401 - moto's own type
    ids = (state.instance.id for state in self.autoscaling_groups[group_name].instance_states)
    coming = [{"Id": each, "Port": target_group.port} for each in ids if each not in known]
    if coming:
        self.elbv2_backend.register_targets(target_group.arn, coming)


def deregister(self: Any, targets: Sequence[dict[str, Any]]) -> None:  # noqa: ANN401 - moto's own type
    """Deregister targets; one that is not registered is no error.

    Source: Elastic Load Balancing API reference, DeregisterTargets.
    """
    _deregister(self, [each for each in targets if each["Id"] in self.targets])
