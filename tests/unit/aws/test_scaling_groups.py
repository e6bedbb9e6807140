from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdinfra.aws.scaling_groups import LaunchVersion, ScalingGroups, ScalingMember

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script

TEMPLATE = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "Version": "3"}
GROUP: dict[str, Any] = {
    "AutoScalingGroupName": "web",
    "MinSize": 1,
    "MaxSize": 1,
    "DesiredCapacity": 1,
    "DefaultCooldown": 0,
    "AvailabilityZones": ["eu-central-1a"],
    "HealthCheckType": "EC2",
    "CreatedTime": "2026-01-31T00:00:00Z",
}
INSTANCE = {
    "InstanceId": "i-1",
    "AvailabilityZone": "eu-central-1a",
    "LifecycleState": "InService",
    "HealthStatus": "Healthy",
    "LaunchTemplate": {**TEMPLATE, "Version": "2"},
    "ProtectedFromScaleIn": False,
}


def test_a_group_is_read_with_its_members_and_what_launches_them(
    script: Callable[..., Script],
) -> None:
    cloud = script("autoscaling")
    tag = {"Key": "cdinfra:release", "Value": "web@sha256:1", "PropagateAtLaunch": True}
    group = {
        **GROUP,
        "LaunchTemplate": TEMPLATE,
        "Instances": [INSTANCE],
        "Tags": [tag],
        "TargetGroupARNs": ["arn"],
    }
    page = {"AutoScalingGroups": [group]}
    cloud.answer("describe_auto_scaling_groups", page, {"AutoScalingGroupNames": ["web", "gone"]})
    (found,) = ScalingGroups(cloud.clients).describe_scaling_groups(["web", "gone"])
    assert found.launches_with == LaunchVersion(template_id="lt-1", version="3")
    assert found.members == (
        ScalingMember(
            instance_id="i-1",
            lifecycle="InService",
            health="Healthy",
            launched_with=LaunchVersion(template_id="lt-1", version="2"),
        ),
    )
    assert (found.target_groups, found.tags) == (("arn",), {"cdinfra:release": "web@sha256:1"})


def test_a_group_of_several_types_says_in_its_policy_what_launches_hosts(
    script: Callable[..., Script],
) -> None:
    cloud = script("autoscaling")
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": TEMPLATE}}
    page = {"AutoScalingGroups": [{**GROUP, "MixedInstancesPolicy": policy}, GROUP]}
    cloud.answer("describe_auto_scaling_groups", page)
    mixed, bare = ScalingGroups(cloud.clients).describe_scaling_groups(["web", "bare"])
    assert mixed.launches_with == LaunchVersion(template_id="lt-1", version="3")
    assert (bare.launches_with, bare.members) == (LaunchVersion(), ())


def test_no_name_is_no_call(script: Callable[..., Script]) -> None:
    # Without names the service would describe every group of the account.
    assert ScalingGroups(script("autoscaling").clients).describe_scaling_groups([]) == ()
