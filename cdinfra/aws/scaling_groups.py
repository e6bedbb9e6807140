"""Auto Scaling groups: their members, and what a new member is launched with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling
from cdinfra.aws.target_groups import MOST_GROUPS

IN_SERVICE = "InService"
"""Lifecycle state of a member that serves. Source: Auto Scaling user guide, "Lifecycle"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchVersion:
    """A version of a launch template.

    Attributes:
        template_id: Id of the launch template; empty where there is none.
        version: Its number, or ``$Latest`` or ``$Default``; empty where there is none.
    """

    template_id: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingMember:
    """An instance of an Auto Scaling group.

    Attributes:
        instance_id: For example ``i-0abc``.
        lifecycle: For example ``InService``, ``Standby``, ``Terminating``.
        health: ``Healthy`` or ``Unhealthy``; what is unhealthy is replaced.
        launched_with: What it was launched with.
    """

    instance_id: str
    lifecycle: str
    health: str
    launched_with: LaunchVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingGroup:
    """An Auto Scaling group.

    Attributes:
        name: Its name.
        launches_with: What a new instance is launched with.
        target_groups: ARNs of the target groups that it registers instances with.
        members: Its instances.
        tags: Its tags.
    """

    name: str
    launches_with: LaunchVersion
    target_groups: tuple[str, ...] = ()
    members: tuple[ScalingMember, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


class ScalingGroups:
    """Reads Auto Scaling groups of one account and region."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def describe_scaling_groups(self, names: Sequence[str]) -> tuple[ScalingGroup, ...]:
        """Return Auto Scaling groups; one that does not exist is left out.

        Args:
            names: Their names.

        Raises:
            CloudError: Auto Scaling cannot be asked.
        """
        found: list[ScalingGroup] = []
        with calling(self._clients, "autoscaling", "read the Auto Scaling group") as client:
            pages = client.get_paginator("describe_auto_scaling_groups")
            for start in range(0, len(names), MOST_GROUPS):
                chunk = list(names[start : start + MOST_GROUPS])
                for page in pages.paginate(AutoScalingGroupNames=chunk):
                    found += map(_scaling_group, page["AutoScalingGroups"])
        return tuple(found)


def _scaling_group(described: Mapping[str, Any]) -> ScalingGroup:
    mixed = described.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    template = described.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification")
    return ScalingGroup(
        name=described["AutoScalingGroupName"],
        launches_with=_launch_version(template),
        target_groups=tuple(described.get("TargetGroupARNs", ())),
        members=tuple(map(_member, described.get("Instances", ()))),
        tags={each["Key"]: each.get("Value", "") for each in described.get("Tags", ())},
    )


def _member(described: Mapping[str, Any]) -> ScalingMember:
    return ScalingMember(
        instance_id=described["InstanceId"],
        lifecycle=described.get("LifecycleState", ""),
        health=described.get("HealthStatus", ""),
        launched_with=_launch_version(described.get("LaunchTemplate")),
    )


def _launch_version(described: Mapping[str, Any] | None) -> LaunchVersion:
    found = described or {}
    return LaunchVersion(
        template_id=found.get("LaunchTemplateId", ""), version=found.get("Version", "")
    )
