from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.target_groups import Target, TargetGroups, TargetHealth

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script

ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef"


def scaling_group(name: str, *target_groups: str) -> dict[str, Any]:
    return {
        "AutoScalingGroupName": name,
        "MinSize": 1,
        "MaxSize": 1,
        "DesiredCapacity": 1,
        "DefaultCooldown": 0,
        "AvailabilityZones": ["eu-central-1a"],
        "HealthCheckType": "EC2",
        "CreatedTime": "2026-01-31T00:00:00Z",
        "TargetGroupARNs": list(target_groups),
    }


def test_target_groups_are_read_fifty_scaling_groups_at_a_time_and_named_once(
    script: Callable[..., Script],
) -> None:
    cloud = script("autoscaling")
    names = [f"group-{number}" for number in range(51)]
    page = {"AutoScalingGroups": [scaling_group("group-0", ARN), scaling_group("group-1")]}
    cloud.answer("describe_auto_scaling_groups", page, {"AutoScalingGroupNames": names[:50]})
    page = {"AutoScalingGroups": [scaling_group("group-50", ARN, "other")]}
    cloud.answer("describe_auto_scaling_groups", page, {"AutoScalingGroupNames": names[50:]})
    assert TargetGroups(cloud.clients).list_target_groups(names) == (ARN, "other")


def test_no_scaling_group_is_no_call(script: Callable[..., Script]) -> None:
    # Without names the service would describe every group of the account.
    assert TargetGroups(script("autoscaling").clients).list_target_groups([]) == ()


def test_what_a_target_group_thinks_of_its_targets_has_the_reason(
    script: Callable[..., Script],
) -> None:
    cloud = script("elbv2")
    health = {
        "State": "unhealthy",
        "Reason": "Target.ResponseCodeMismatch",
        "Description": "Health checks failed with these codes: [500]",
    }
    answer = {
        "TargetHealthDescriptions": [
            {"Target": {"Id": "i-1", "Port": 80}, "TargetHealth": {"State": "healthy"}},
            {"Target": {"Id": "i-2", "Port": 80}, "TargetHealth": health},
        ]
    }
    cloud.answer("describe_target_health", answer, {"TargetGroupArn": ARN})
    assert TargetGroups(cloud.clients).describe_target_health(ARN) == (
        TargetHealth(target_id="i-1", target_group=ARN, port=80, state="healthy"),
        TargetHealth(
            target_id="i-2",
            target_group=ARN,
            port=80,
            state="unhealthy",
            reason="Target.ResponseCodeMismatch",
            description="Health checks failed with these codes: [500]",
        ),
    )


@pytest.mark.parametrize("verb", ["register", "deregister"])
def test_targets_are_changed_in_one_call_a_target_group(
    script: Callable[..., Script], verb: str
) -> None:
    cloud = script("elbv2")
    targets = [{"Id": "i-1", "Port": 80}, {"Id": "i-2"}]
    cloud.answer(f"{verb}_targets", {}, {"TargetGroupArn": ARN, "Targets": targets})
    change = getattr(TargetGroups(cloud.clients), verb)
    change(ARN, [Target(target_id="i-1", port=80), Target(target_id="i-2")])
    cloud.stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [([{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}], 30), ([], 300)],
)
def test_the_delay_of_a_target_group_is_its_attribute_or_the_default(
    script: Callable[..., Script], attributes: list[dict[str, str]], seconds: int
) -> None:
    cloud = script("elbv2")
    answer = {"Attributes": attributes}
    cloud.answer("describe_target_group_attributes", answer, {"TargetGroupArn": ARN})
    assert TargetGroups(cloud.clients).describe_delay(ARN) == seconds
