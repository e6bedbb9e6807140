"""What an Auto Scaling group has besides its settings: tags, hooks, metrics, target groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from cdinfra.local.resources.calls import invoke, truth
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.service import Target, chosen
from cdinfra.local.resources.tags import own_tags

GRANULARITY = "1Minute"
ALL_METRICS = (
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
)
"""What is collected where a template names no metric.
Source: Auto Scaling API reference, EnableMetricsCollection."""

HOOK_FIELDS = (
    "DefaultResult",
    "HeartbeatTimeout",
    "LifecycleHookName",
    "LifecycleTransition",
    "NotificationMetadata",
    "NotificationTargetARN",
    "RoleARN",
)


def tag_group(request: Request, name: str) -> list[dict[str, Any]]:
    """Return the tags of a group; those of the stack reach its instances too."""
    own = {
        str(tag["Key"]): truth(tag.get("PropagateAtLaunch", False))
        for tag in request.properties.get("Tags") or ()
    }
    wanted = {**request.tags, **own_tags(request)}
    return [
        {
            "Key": key,
            "Value": value,
            "PropagateAtLaunch": own.get(key, True),
            "ResourceId": name,
            "ResourceType": "auto-scaling-group",
        }
        for key, value in wanted.items()
    ]


def set_target_groups(target: Target, old: Sequence[str]) -> None:
    """Attach and detach target groups.

    Args:
        target: The group.
        old: The target groups that it has.
    """
    new = list(target.properties.get("TargetGroupARNs") or ())
    name = target.physical_id
    if gone := [arn for arn in old if arn not in new]:
        target.client.detach_load_balancer_target_groups(
            AutoScalingGroupName=name, TargetGroupARNs=gone
        )
    if added := [arn for arn in new if arn not in old]:
        target.client.attach_load_balancer_target_groups(
            AutoScalingGroupName=name, TargetGroupARNs=added
        )


def set_hooks(target: Target, previous: Properties) -> None:
    """Put the lifecycle hooks of the template and delete those that left it."""
    wanted = {hook["LifecycleHookName"]: hook for hook in _hooks(target.properties)}
    for hook in _hooks(previous):
        if hook["LifecycleHookName"] not in wanted:
            target.client.delete_lifecycle_hook(
                AutoScalingGroupName=target.physical_id,
                LifecycleHookName=hook["LifecycleHookName"],
            )
    for hook in wanted.values():
        parameters = {"AutoScalingGroupName": target.physical_id, **hook}
        invoke(target.client.put_lifecycle_hook, parameters)


def _hooks(properties: Properties) -> list[Mapping[str, Any]]:
    return list(properties.get("LifecycleHookSpecificationList") or ())


def describe_hooks(target: Target) -> list[dict[str, Any]]:
    """Return the hooks that the group's own template has put."""
    asked = {hook["LifecycleHookName"]: hook for hook in _hooks(target.properties)}
    if not asked:
        return []
    found = target.client.describe_lifecycle_hooks(AutoScalingGroupName=target.physical_id)
    shown = {hook["LifecycleHookName"]: hook for hook in found["LifecycleHooks"]}
    return [
        chosen(shown[name], *(field for field in HOOK_FIELDS if field in asked[name]))
        for name in asked
        if name in shown
    ]


def set_metrics(target: Target, previous: Properties) -> None:
    """Collect the metrics of the template and no others."""
    old, new = _metrics(previous), _metrics(target.properties)
    if old == new:
        return
    name = target.physical_id
    target.client.enable_metrics_collection(
        AutoScalingGroupName=name, Granularity=GRANULARITY, Metrics=list(new)
    )


def _metrics(properties: Properties) -> tuple[str, ...]:
    return tuple(
        metric
        for collection in properties.get("MetricsCollection") or ()
        for metric in collection.get("Metrics") or ALL_METRICS
    )


def shown_metrics(asked: Properties, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics in the template's form."""
    enabled = [item["Metric"] for item in found.get("EnabledMetrics", ())]
    if not enabled:
        return []
    collections: list[Mapping[str, Any]] = list(asked.get("MetricsCollection") or ())
    named = any(collection.get("Metrics") for collection in collections)
    if not named and set(enabled) == set(ALL_METRICS):
        return [{"Granularity": GRANULARITY}]
    return [{"Granularity": GRANULARITY, "Metrics": enabled}]
