"""The Auto Scaling group: as many hosts as asked for, always, on the current release."""

from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, If, Ref, autoscaling, policies

from cdinfra.stacks.hosts.capacity import Capacity, RollingUpdate, Spot

GROUP = "AutoScalingGroup"
"""Logical id of the group, which hosts signal."""

RELEASED = "Released"
"""Name of the condition that there is a release to run."""

SUSPENDED_PROCESSES = (
    "AZRebalance",
    "AlarmNotification",
    "HealthCheck",
    "ReplaceUnhealthy",
    "ScheduledActions",
)
"""What must not interfere with a rolling update.

Source: AWS re:Post knowledge center, "How do I update my Auto Scaling group when I update
my CloudFormation stack?".
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What an Auto Scaling group is made from.

    Attributes:
        subnets: A reference to a list of subnets, or the subnets.
        tags: The group's tags, which its hosts get.
        capacity: How many hosts.
        update: How they are replaced.
        spot: The mix of types and markets, if any.
        balanced: Whether a load balancer stands in front.
        grace_seconds: How long a new host is not judged by its health.
    """

    subnets: Any
    tags: autoscaling.Tags
    capacity: Capacity
    update: RollingUpdate
    spot: Spot | None
    balanced: bool
    grace_seconds: int


def build_auto_scaling_group(group: Group) -> autoscaling.AutoScalingGroup:
    """Build the group.

    Without a release nothing answers the load balancer, and hosts must not be replaced for
    it; from the first release on, the load balancer's opinion of them counts.
    """
    resource = autoscaling.AutoScalingGroup(
        GROUP,
        HealthCheckGracePeriod=group.grace_seconds,
        HealthCheckType=If(RELEASED, "ELB", "EC2") if group.balanced else "EC2",
        MaxSize=str(group.capacity.maximum),
        MinSize=str(group.capacity.minimum),
        Tags=group.tags,
        VPCZoneIdentifier=group.subnets,
        UpdatePolicy=build_update_policy(group.update, group.capacity),
    )
    if group.capacity.desired is not None:
        resource.DesiredCapacity = str(group.capacity.desired)
    if group.balanced:
        resource.TargetGroupARNs = [Ref("TargetGroup")]
    if group.capacity.first:
        resource.CreationPolicy = build_creation_policy(group.update, group.capacity)
    if group.spot is None:
        resource.LaunchTemplate = _launch_template()
    else:
        resource.CapacityRebalance = True
        resource.MixedInstancesPolicy = _mixed_instances(group.spot)
    return resource


def build_creation_policy(update: RollingUpdate, capacity: Capacity) -> policies.CreationPolicy:
    """Build the policy that has creation wait for every first host."""
    return policies.CreationPolicy(
        ResourceSignal=policies.ResourceSignal(
            Count=capacity.first, Timeout=f"PT{update.timeout_minutes}M"
        )
    )


def build_update_policy(update: RollingUpdate, capacity: Capacity) -> policies.UpdatePolicy:
    """Build the policy of updates: in batches, each waiting for its hosts to signal.

    The number of hosts that scaling has chosen stays through an update.
    """
    return policies.UpdatePolicy(
        AutoScalingRollingUpdate=policies.AutoScalingRollingUpdate(
            MaxBatchSize=update.batch,
            MinInstancesInService=update.in_service_for(capacity),
            PauseTime=f"PT{update.timeout_minutes}M",
            SuspendProcesses=[*SUSPENDED_PROCESSES],
            WaitOnResourceSignals=True,
        ),
        AutoScalingScheduledAction=policies.AutoScalingScheduledAction(
            IgnoreUnmodifiedGroupSizeProperties=True
        ),
    )


def _launch_template() -> autoscaling.LaunchTemplateSpecification:
    # A numbered version: only with one can an instance refresh roll back.
    return autoscaling.LaunchTemplateSpecification(
        LaunchTemplateId=Ref("LaunchTemplate"),
        Version=GetAtt("LaunchTemplate", "LatestVersionNumber"),
    )


def _mixed_instances(spot: Spot) -> autoscaling.MixedInstancesPolicy:
    return autoscaling.MixedInstancesPolicy(
        InstancesDistribution=autoscaling.InstancesDistribution(
            OnDemandAllocationStrategy="prioritized",
            OnDemandBaseCapacity=spot.on_demand_base,
            OnDemandPercentageAboveBaseCapacity=spot.on_demand_percent,
            SpotAllocationStrategy=str(spot.allocation),
        ),
        LaunchTemplate=autoscaling.LaunchTemplate(
            LaunchTemplateSpecification=_launch_template(),
            Overrides=[
                autoscaling.LaunchTemplateOverrides(InstanceType=name)
                for name in spot.instance_types
            ],
        ),
    )
