# mypy: disable-error-code="no-any-return"
from typing import Any

import pytest

Cloud = Any
"""The driver in conftest.py, which a test cannot import."""


@pytest.fixture
def name(cloud: Cloud, subnets: list[str]) -> str:
    """Name of a group without instances."""
    data = {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
    template = cloud.create("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": data})
    launched = {
        "LaunchTemplateId": template.physical_id,
        "Version": template.attributes["LatestVersionNumber"],
    }
    sizes = {"MinSize": "0", "MaxSize": "4", "VPCZoneIdentifier": subnets}
    group = cloud.create(
        "AWS::AutoScaling::AutoScalingGroup", {"LaunchTemplate": launched, **sizes}
    )
    return group.physical_id


def test_scaling_policies_of_a_group_live(cloud: Cloud, name: str) -> None:
    tracking = {
        "AutoScalingGroupName": name,
        "PolicyType": "TargetTrackingScaling",
        "EstimatedInstanceWarmup": 60,
        "TargetTrackingConfiguration": {
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": 50.0,
        },
    }
    change = {
        "TargetTrackingConfiguration": {
            **tracking["TargetTrackingConfiguration"],
            "TargetValue": 60.0,
        }
    }
    policy = cloud.lives("AWS::AutoScaling::ScalingPolicy", tracking, change)
    assert ":scalingPolicy:" in policy.physical_id
    step = {
        "AutoScalingGroupName": name,
        "PolicyType": "StepScaling",
        "AdjustmentType": "ChangeInCapacity",
        "MetricAggregationType": "Average",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    }
    cloud.lives("AWS::AutoScaling::ScalingPolicy", step)


def test_hooks_and_scheduled_actions_of_a_group_live(cloud: Cloud, name: str) -> None:
    hook = {
        "AutoScalingGroupName": name,
        "LifecycleHookName": "drain",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "HeartbeatTimeout": 60,
        "DefaultResult": "CONTINUE",
        "NotificationTargetARN": "arn:aws:sns:eu-central-1:123456789012:told",
        "RoleARN": "arn:aws:iam::123456789012:role/tell",
    }
    cloud.lives("AWS::AutoScaling::LifecycleHook", hook, {"HeartbeatTimeout": 90})
    action = {
        "AutoScalingGroupName": name,
        "MinSize": 0,
        "MaxSize": 0,
        "DesiredCapacity": 0,
        "Recurrence": "0 20 * * *",
        "TimeZone": "Europe/Berlin",
    }
    assert cloud.lives("AWS::AutoScaling::ScheduledAction", action, {"MaxSize": 1})
