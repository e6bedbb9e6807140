"""What a group is given beyond what moto reads: kept, and shown when it is described."""

from typing import Any

from moto.autoscaling.responses import AutoScalingResponse

KEPT = {
    "CapacityRebalance": "capacity_rebalance",
    "Context": "context",
    "DefaultCooldown": "default_cooldown",
    "DefaultInstanceWarmup": "default_instance_warmup",
    "DesiredCapacityType": "desired_capacity_type",
    "InstanceMaintenancePolicy": "instance_maintenance_policy",
    "MaxInstanceLifetime": "max_instance_lifetime",
    "PlacementGroup": "placement_group",
    "ServiceLinkedRoleARN": "service_linked_role_arn",
    "TerminationPolicies": "termination_policies",
}
"""The attribute of moto's group that the description shows, by the API's parameter."""

Response = Any
"""moto's handler of one request."""

_create = AutoScalingResponse.create_auto_scaling_group
_update = AutoScalingResponse.update_auto_scaling_group
_put_hook = AutoScalingResponse.put_lifecycle_hook


def install() -> None:
    """Replace moto's handling of groups and their hooks by the one below."""
    AutoScalingResponse.create_auto_scaling_group = create_auto_scaling_group
    AutoScalingResponse.update_auto_scaling_group = update_auto_scaling_group
    AutoScalingResponse.put_lifecycle_hook = put_lifecycle_hook


def create_auto_scaling_group(self: Response) -> Any:  # noqa: ANN401 - moto's result
    """Create the group and keep the rest of its settings."""
    result = _create(self)
    _keep(self)
    return result


def update_auto_scaling_group(self: Response) -> Any:  # noqa: ANN401 - moto's result
    """Update the group; what the call is silent about stays."""
    groups = self.autoscaling_backend.autoscaling_groups
    group = groups.get(self._get_param("AutoScalingGroupName"))
    parameters = self._get_params()
    policy = getattr(group, "mixed_instances_policy", None)
    template = getattr(group, "launch_template", None)
    if group is not None:
        _keep(self)
    result = _update(self)
    if group is None:
        return result
    if policy and not {"MixedInstancesPolicy", "LaunchTemplate"} & parameters.keys():
        group.mixed_instances_policy = policy
    if template and "MixedInstancesPolicy" in parameters:
        group.provided_launch_template_version = None
    return result


def put_lifecycle_hook(self: Response) -> Any:  # noqa: ANN401 - moto's result
    """Put the hook and keep whom it tells, in place of moto's made-up ones."""
    result = _put_hook(self)
    parameters = self._get_params()
    hooks = self.autoscaling_backend.describe_lifecycle_hooks(
        parameters["AutoScalingGroupName"], [parameters["LifecycleHookName"]]
    )
    for hook in hooks:
        hook.role_arn = parameters.get("RoleARN")
        hook.notification_target_arn = parameters.get("NotificationTargetARN")
        hook.notification_metadata = parameters.get("NotificationMetadata")
    return result


def _keep(response: Response) -> None:
    name = response._get_param("AutoScalingGroupName")  # noqa: SLF001 - moto's reader of requests
    parameters = response._get_params()  # noqa: SLF001 - moto's reader of requests
    group = response.autoscaling_backend.autoscaling_groups[name]
    for parameter, attribute in KEPT.items():
        if parameter in parameters:
            setattr(group, attribute, parameters[parameter])
