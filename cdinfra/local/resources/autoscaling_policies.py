"""Scaling policies, lifecycle hooks and scheduled actions of a group."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.autoscaling_parts import HOOK_FIELDS
from cdinfra.local.resources.calls import Client, invoke, kept
from cdinfra.local.resources.contract import Properties, Request
from cdinfra.local.resources.service import ServiceResource, Target, chosen, present

POLICY_FIELDS = (
    "AdjustmentType",
    "AutoScalingGroupName",
    "Cooldown",
    "EstimatedInstanceWarmup",
    "MetricAggregationType",
    "MinAdjustmentMagnitude",
    "PolicyType",
    "ScalingAdjustment",
    "StepAdjustments",
    "TargetTrackingConfiguration",
)
ACTION_FIELDS = (
    "DesiredCapacity",
    "EndTime",
    "MaxSize",
    "MinSize",
    "Recurrence",
    "StartTime",
    "TimeZone",
)
TIMES = ("StartTime", "EndTime")


class GroupPart(ServiceResource):
    """A resource that belongs to an Auto Scaling group."""

    service: ClassVar[str] = "autoscaling"

    def group(self, target: Target) -> str:
        """Return the name of the group."""
        return str(target.properties["AutoScalingGroupName"])


class ScalingPolicy(GroupPart):
    """A target tracking, step or simple scaling policy."""

    type_name = "AWS::AutoScaling::ScalingPolicy"
    carried = frozenset(POLICY_FIELDS)

    def make(self, request: Request, client: Client) -> str:
        """Put the policy under a name of its own."""
        name = request.generated_name()
        return str(self._put(client, name, request.properties))

    def _put(self, client: Client, name: str, properties: Properties) -> str:
        invoke(client.put_scaling_policy, {"PolicyName": name, **properties})
        shown = client.describe_policies(
            AutoScalingGroupName=properties["AutoScalingGroupName"], PolicyNames=[name]
        )["ScalingPolicies"][0]
        kept(properties, shown, "ScalingPolicy")
        return str(shown["PolicyARN"])

    def configure(self, target: Target, previous: Properties) -> None:
        """Put the changed policy."""
        if not target.is_new and previous != target.properties:
            self._put(target.client, _policy_name(target.physical_id), target.properties)

    def attributes(self, target: Target) -> Properties:
        """Return the policy's ARN and name."""
        return {"Arn": target.physical_id, "PolicyName": _policy_name(target.physical_id)}

    def observe(self, target: Target) -> Properties | None:
        """Return the policy."""
        found = target.client.describe_policies(
            AutoScalingGroupName=self.group(target), PolicyNames=[_policy_name(target.physical_id)]
        )["ScalingPolicies"]
        if not found:
            return None
        shown = chosen(found[0], *POLICY_FIELDS)
        return present({name: shown.get(name) for name in target.properties})

    def remove(self, target: Target) -> None:
        """Delete the policy."""
        target.client.delete_policy(
            AutoScalingGroupName=self.group(target), PolicyName=_policy_name(target.physical_id)
        )


def _policy_name(arn: str) -> str:
    return arn.rpartition(":policyName/")[2]


class LifecycleHook(GroupPart):
    """A lifecycle hook."""

    type_name = "AWS::AutoScaling::LifecycleHook"
    carried = frozenset({"AutoScalingGroupName", *HOOK_FIELDS})

    def make(self, request: Request, client: Client) -> str:
        """Put the hook."""
        name = request.properties.get("LifecycleHookName") or request.generated_name()
        invoke(client.put_lifecycle_hook, {**request.properties, "LifecycleHookName": name})
        return str(name)

    def configure(self, target: Target, previous: Properties) -> None:
        """Put the changed hook."""
        if not target.is_new and previous != target.properties:
            parameters = {**target.properties, "LifecycleHookName": target.physical_id}
            invoke(target.client.put_lifecycle_hook, parameters)

    def observe(self, target: Target) -> Properties | None:
        """Return the hook."""
        found = target.client.describe_lifecycle_hooks(
            AutoScalingGroupName=self.group(target), LifecycleHookNames=[target.physical_id]
        )["LifecycleHooks"]
        if not found:
            return None
        return present(chosen(found[0], "AutoScalingGroupName", *HOOK_FIELDS))

    def remove(self, target: Target) -> None:
        """Delete the hook."""
        target.client.delete_lifecycle_hook(
            AutoScalingGroupName=self.group(target), LifecycleHookName=target.physical_id
        )


class ScheduledAction(GroupPart):
    """A change of a group's size at a time."""

    type_name = "AWS::AutoScaling::ScheduledAction"
    carried = frozenset({"AutoScalingGroupName", *ACTION_FIELDS})

    def make(self, request: Request, client: Client) -> str:  # noqa: ARG002 - see configure
        """Name the action; ``configure`` puts it."""
        return request.generated_name()

    def configure(self, target: Target, previous: Properties) -> None:  # noqa: ARG002 - put either way
        """Put the action."""
        parameters = {**target.properties, "ScheduledActionName": target.physical_id}
        invoke(target.client.put_scheduled_update_group_action, parameters)

    def attributes(self, target: Target) -> Properties:
        """Return the action's name."""
        return {"ScheduledActionName": target.physical_id}

    def observe(self, target: Target) -> Properties | None:
        """Return the action."""
        found = self._described(target)
        if found is None:
            return None
        shown = chosen(found, "AutoScalingGroupName", *ACTION_FIELDS)
        for name in TIMES:
            if name in shown:
                shown[name] = shown[name].strftime("%Y-%m-%dT%H:%M:%SZ")
        return present(shown)

    def _described(self, target: Target) -> Mapping[str, Any] | None:
        found = target.client.describe_scheduled_actions(
            AutoScalingGroupName=self.group(target), ScheduledActionNames=[target.physical_id]
        )["ScheduledUpdateGroupActions"]
        return found[0] if found else None

    def remove(self, target: Target) -> None:
        """Delete the action."""
        if self._described(target) is not None:
            target.client.delete_scheduled_action(
                AutoScalingGroupName=self.group(target), ScheduledActionName=target.physical_id
            )
