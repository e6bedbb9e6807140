"""What load balancers think of their targets, and which targets they have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling

MOST_GROUPS = 50
"""Names in one call. Source: Auto Scaling API reference, DescribeAutoScalingGroups."""

DELAY_ATTRIBUTE = "deregistration_delay.timeout_seconds"
DEFAULT_DELAY_SECONDS = 300
"""Source: Elastic Load Balancing API reference, TargetGroupAttribute."""

_READ = "read what load balancers think of the hosts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a target group sends requests to.

    Attributes:
        target_id: Id of an instance, or an address.
        port: Port that gets the requests; None for the target group's own.
    """

    target_id: str
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHealth:
    """What one target group thinks of one of its targets.

    Attributes:
        target_id: Id of the instance, or an address.
        target_group: ARN of the target group.
        port: Port that gets the requests; None where none is named.
        state: For example ``healthy``, ``initial``, ``draining``.
        reason: For example ``Target.ResponseCodeMismatch``; empty where all is well.
        description: The reason in words; empty where there is none.
    """

    target_id: str
    target_group: str
    port: int | None
    state: str
    reason: str = ""
    description: str = ""


class TargetGroups:
    """Reads and changes target groups of one account and region."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def list_target_groups(self, scaling_groups: Sequence[str]) -> tuple[str, ...]:
        """Return the ARNs of the target groups that Auto Scaling groups register hosts with.

        Args:
            scaling_groups: Names of the Auto Scaling groups.

        Raises:
            CloudError: Auto Scaling cannot be asked.
        """
        found: dict[str, None] = {}
        with calling(self._clients, "autoscaling", _READ, hurried=True) as client:
            pages = client.get_paginator("describe_auto_scaling_groups")
            for start in range(0, len(scaling_groups), MOST_GROUPS):
                names = list(scaling_groups[start : start + MOST_GROUPS])
                for page in pages.paginate(AutoScalingGroupNames=names):
                    for group in page["AutoScalingGroups"]:
                        found.update(dict.fromkeys(group.get("TargetGroupARNs", ())))
        return tuple(found)

    def describe_target_health(self, target_group: str) -> tuple[TargetHealth, ...]:
        """Return what a target group thinks of its targets.

        Args:
            target_group: ARN.

        Raises:
            CloudError: The load balancer cannot be asked.
        """
        with calling(self._clients, "elbv2", _READ, hurried=True) as client:
            answer = client.describe_target_health(TargetGroupArn=target_group)
        return tuple(
            _target_health(target_group, each) for each in answer["TargetHealthDescriptions"]
        )

    def describe_delay(self, target_group: str) -> int:
        """Return for how many seconds a target that leaves a target group drains.

        Args:
            target_group: ARN.

        Raises:
            CloudError: The load balancer cannot be asked.
        """
        with calling(self._clients, "elbv2", _READ, hurried=True) as client:
            answer = client.describe_target_group_attributes(TargetGroupArn=target_group)
        found = {each["Key"]: each["Value"] for each in answer["Attributes"]}
        return int(found.get(DELAY_ATTRIBUTE, DEFAULT_DELAY_SECONDS))

    def register(self, target_group: str, targets: Sequence[Target]) -> None:
        """Have a target group send requests to targets, once it has found them healthy.

        Args:
            target_group: ARN.
            targets: At least one; instances have to be running.

        Raises:
            CloudError: The load balancer refuses, or cannot be asked.
        """
        with calling(self._clients, "elbv2", "register hosts with the load balancer") as client:
            client.register_targets(TargetGroupArn=target_group, Targets=[*map(_named, targets)])

    def deregister(self, target_group: str, targets: Sequence[Target]) -> None:
        """Have a target group send targets no new request; what runs there may end.

        Args:
            target_group: ARN.
            targets: At least one; what is not registered is no error.

        Raises:
            CloudError: The load balancer refuses, or cannot be asked.
        """
        with calling(self._clients, "elbv2", "take hosts from the load balancer") as client:
            client.deregister_targets(TargetGroupArn=target_group, Targets=[*map(_named, targets)])


def _named(target: Target) -> dict[str, Any]:
    port = {} if target.port is None else {"Port": target.port}
    return {"Id": target.target_id, **port}


def _target_health(target_group: str, described: Mapping[str, Any]) -> TargetHealth:
    health = described.get("TargetHealth", {})
    return TargetHealth(
        target_id=described["Target"]["Id"],
        target_group=target_group,
        port=described["Target"].get("Port"),
        state=health.get("State", ""),
        reason=health.get("Reason", ""),
        description=health.get("Description", ""),
    )
