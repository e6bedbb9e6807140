"""``AWS::AutoScaling::AutoScalingGroup``."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.autoscaling_parts import (
    describe_hooks,
    set_hooks,
    set_metrics,
    set_target_groups,
    shown_metrics,
    tag_group,
)
from cdinfra.local.resources.calls import Client, invoke, truth
from cdinfra.local.resources.contract import Properties, Request, ResourceError
from cdinfra.local.resources.rolling_update import TRIGGERS, RollingUpdate, rolling_policy
from cdinfra.local.resources.service import ServiceResource, Target, as_asked, chosen, present
from cdinfra.local.resources.tags import shown_tags, tag_mapping

SETTINGS = {
    "AvailabilityZones": "AvailabilityZones",
    "CapacityRebalance": "CapacityRebalance",
    "Cooldown": "DefaultCooldown",
    "DefaultInstanceWarmup": "DefaultInstanceWarmup",
    "DesiredCapacity": "DesiredCapacity",
    "DesiredCapacityType": "DesiredCapacityType",
    "HealthCheckGracePeriod": "HealthCheckGracePeriod",
    "HealthCheckType": "HealthCheckType",
    "InstanceMaintenancePolicy": "InstanceMaintenancePolicy",
    "LaunchTemplate": "LaunchTemplate",
    "MaxInstanceLifetime": "MaxInstanceLifetime",
    "MaxSize": "MaxSize",
    "MinSize": "MinSize",
    "MixedInstancesPolicy": "MixedInstancesPolicy",
    "NewInstancesProtectedFromScaleIn": "NewInstancesProtectedFromScaleIn",
    "PlacementGroup": "PlacementGroup",
    "ServiceLinkedRoleARN": "ServiceLinkedRoleARN",
    "TerminationPolicies": "TerminationPolicies",
    "VPCZoneIdentifier": "VPCZoneIdentifier",
}
"""The API's parameter of each property that creation and update take alike."""

SIZES = ("MinSize", "MaxSize", "DesiredCapacity")

DEFAULTS = {
    "CapacityRebalance": False,
    "Cooldown": 300,
    "HealthCheckGracePeriod": 0,
    "HealthCheckType": "EC2",
    "MaxInstanceLifetime": 0,
    "NewInstancesProtectedFromScaleIn": False,
    "TerminationPolicies": ["Default"],
}
"""What a property that left the template goes back to.
Source: Auto Scaling API reference, CreateAutoScalingGroup."""


class AutoScalingGroup(ServiceResource):
    """A group of instances of one launch template, or of several types over one."""

    type_name = "AWS::AutoScaling::AutoScalingGroup"
    service: ClassVar[str] = "autoscaling"
    carried = frozenset(
        {
            *SETTINGS,
            "AutoScalingGroupName",
            "LifecycleHookSpecificationList",
            "MetricsCollection",
            "Tags",
            "TargetGroupARNs",
        }
    )

    def make(self, request: Request, client: Client) -> str:
        """Make the group, tags and target groups at once: its instances need them."""
        rolling_policy(request.update_policy)
        properties = request.properties
        name = properties.get("AutoScalingGroupName") or request.generated_name()
        parameters = {
            "AutoScalingGroupName": name,
            **_settings(properties),
            "TargetGroupARNs": properties.get("TargetGroupARNs"),
            "Tags": tag_group(request, str(name)),
        }
        invoke(client.create_auto_scaling_group, parameters)
        return str(name)

    def configure(self, target: Target, previous: Properties) -> None:
        """Change settings, tags and attachments; then replace instances where that is due."""
        if not target.is_new:
            self._update(target, previous)
        set_hooks(target, previous)
        set_metrics(target, previous)
        if not target.is_new:
            self._roll(target, previous)

    def _update(self, target: Target, previous: Properties) -> None:
        settings = _settings({**_restored(previous, target.properties), **target.properties})
        scheduled = target.request.update_policy.get("AutoScalingScheduledAction") or {}
        if truth(scheduled.get("IgnoreUnmodifiedGroupSizeProperties", False)):
            for name in SIZES:
                if previous.get(name) == target.properties.get(name):
                    settings.pop(name, None)
        invoke(
            target.client.update_auto_scaling_group,
            {"AutoScalingGroupName": target.physical_id, **settings},
        )
        set_target_groups(target, self._group(target).get("TargetGroupARNs", ()))
        wanted = tag_group(target.request, target.physical_id)
        keys = {tag["Key"] for tag in wanted}
        stale = [
            {
                "ResourceId": tag["ResourceId"],
                "ResourceType": tag["ResourceType"],
                "Key": tag["Key"],
            }
            for tag in self._group(target).get("Tags", ())
            if tag["Key"] not in keys
        ]
        if stale:
            target.client.delete_tags(Tags=stale)
        if wanted:
            target.client.create_or_update_tags(Tags=wanted)

    def _roll(self, target: Target, previous: Properties) -> None:
        changed = any(previous.get(name) != target.properties.get(name) for name in TRIGGERS)
        policy = rolling_policy(target.request.update_policy)
        if changed and policy is not None:
            RollingUpdate(target, policy).run()

    def _group(self, target: Target) -> Mapping[str, Any]:
        found = self._described(target)
        if found is None:
            raise ResourceError(f"AutoScalingGroup {target.physical_id} not found")
        return found

    def _described(self, target: Target) -> Mapping[str, Any] | None:
        found = target.client.describe_auto_scaling_groups(
            AutoScalingGroupNames=[target.physical_id]
        )["AutoScalingGroups"]
        return found[0] if found else None

    def attributes(self, target: Target) -> Properties:
        """Return the group's ARN."""
        return {"AutoScalingGroupARN": self._group(target)["AutoScalingGroupARN"]}

    def observe(self, target: Target) -> Properties | None:
        """Return the group's settings."""
        found = self._described(target)
        if found is None:
            return None
        shown = {name: found.get(api_name) for name, api_name in SETTINGS.items()}
        subnets = found.get("VPCZoneIdentifier", "")
        asked = target.properties
        return present(
            {
                **shown,
                **_as_asked(asked, found),
                "AutoScalingGroupName": found["AutoScalingGroupName"],
                "LifecycleHookSpecificationList": describe_hooks(target),
                "MetricsCollection": shown_metrics(asked, found),
                "Tags": _shown_tags(target.request, found),
                "TargetGroupARNs": found.get("TargetGroupARNs"),
                "VPCZoneIdentifier": [name for name in subnets.split(",") if name],
            }
        )

    def remove(self, target: Target) -> None:
        """Delete the group and terminate its instances, protected ones too."""
        found = self._described(target)
        if found is None:
            return
        name = target.physical_id
        ids = [instance["InstanceId"] for instance in found["Instances"]]
        if ids:
            target.client.set_instance_protection(
                AutoScalingGroupName=name, InstanceIds=ids, ProtectedFromScaleIn=False
            )
        for hook in describe_hooks(target):
            target.client.delete_lifecycle_hook(
                AutoScalingGroupName=name, LifecycleHookName=hook["LifecycleHookName"]
            )
        target.client.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


def _settings(properties: Properties) -> dict[str, Any]:
    settings = {
        api_name: properties[name] for name, api_name in SETTINGS.items() if name in properties
    }
    if "VPCZoneIdentifier" in settings:
        settings["VPCZoneIdentifier"] = ",".join(settings["VPCZoneIdentifier"])
    return settings


def _restored(previous: Properties, properties: Properties) -> dict[str, Any]:
    """Return the defaults of those properties that are no longer in the template."""
    return {
        name: value
        for name, value in DEFAULTS.items()
        if name in previous and name not in properties
    }


def _as_asked(asked: Properties, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of which the API shows more, or in another form, than was asked."""
    shown: dict[str, Any] = {}
    if "Cooldown" in asked:
        shown["Cooldown"] = str(found.get("DefaultCooldown", ""))
    if "DesiredCapacity" in asked:
        shown["DesiredCapacity"] = str(found.get("DesiredCapacity", ""))
    for name in ("MinSize", "MaxSize"):
        shown[name] = str(found[name])
    if "LaunchTemplate" in asked:
        shown["LaunchTemplate"] = chosen(found.get("LaunchTemplate", {}), *asked["LaunchTemplate"])
    if "MixedInstancesPolicy" in asked:
        shown["MixedInstancesPolicy"] = as_asked(
            asked["MixedInstancesPolicy"], found.get("MixedInstancesPolicy", {})
        )
    return shown


def _shown_tags(request: Request, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    tags = found.get("Tags", [])
    propagated = {tag["Key"]: tag["PropagateAtLaunch"] for tag in tags}
    return [
        {"Key": key, "Value": value, "PropagateAtLaunch": propagated[key]}
        for key, value in shown_tags(request, tag_mapping(tags)).items()
    ]
