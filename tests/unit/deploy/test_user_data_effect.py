from typing import Any

import pytest

from cdinfra.deploy.plan import ChangeAction, Replacement, ResourceChange
from cdinfra.deploy.rolling_update import GROUP
from cdinfra.deploy.user_data_change import UserDataEffect, UserDataTarget
from cdinfra.deploy.user_data_effect import (
    INSTANCE,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    user_data_targets,
)

LATEST = {"Fn::GetAtt": ["Launch", "LatestVersionNumber"]}
ROLLING = {"AutoScalingRollingUpdate": {"MaxBatchSize": 1}}
REPLACING = {"AutoScalingReplacingUpdate": {"WillReplace": True}}


def effect(
    definition: dict[str, Any], *, resource_type: str = LAUNCH_TEMPLATE
) -> UserDataEffect | None:
    """Return what becomes of the one user of a launch template."""
    changed = ResourceChange(
        logical_id="Launch", resource_type=resource_type, action=ChangeAction.MODIFY
    )
    document = {"Resources": {"Launch": {"Type": resource_type}, "User": definition}}
    targets = user_data_targets(changed, document)
    assert all(each.logical_id == "User" for each in targets)
    return targets[0].effect if targets else None


def group(
    version: object = LATEST, *, policy: dict[str, Any] | None = None, **properties: object
) -> dict[str, Any]:
    launch = {"LaunchTemplateId": {"Ref": "Launch"}, "Version": version}
    return {
        "Type": GROUP,
        "Properties": {"LaunchTemplate": launch, "MaxSize": "4", **properties},
        **({"UpdatePolicy": policy} if policy else {}),
    }


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (ROLLING, UserDataEffect.HOSTS_REPLACED),
        (REPLACING, UserDataEffect.GROUP_REPLACED),
        ({**ROLLING, **REPLACING}, UserDataEffect.GROUP_REPLACED),
        (None, UserDataEffect.NEXT_LAUNCH),
        ({"AutoScalingScheduledAction": {}}, UserDataEffect.NEXT_LAUNCH),
    ],
)
def test_the_update_policy_decides_about_a_group(
    policy: dict[str, Any] | None, expected: UserDataEffect
) -> None:
    assert effect(group(policy=policy)) is expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (LATEST, UserDataEffect.HOSTS_REPLACED),
        ({"Fn::GetAtt": "Launch.LatestVersionNumber"}, UserDataEffect.HOSTS_REPLACED),
        ("$Latest", UserDataEffect.NEXT_LAUNCH),
        ("$Default", UserDataEffect.NOTHING),
        ({"Fn::GetAtt": ["Launch", "DefaultVersionNumber"]}, UserDataEffect.NOTHING),
        ("3", UserDataEffect.NOTHING),
        ({"Ref": "Version"}, UserDataEffect.NOTHING),
    ],
)
def test_the_version_that_a_group_names_decides_before_that(
    version: object, expected: UserDataEffect
) -> None:
    assert effect(group(version, policy=ROLLING)) is expected


@pytest.mark.parametrize("maximum", ["1", 1])
def test_a_group_of_one_is_away_meanwhile(maximum: object) -> None:
    alone = group(policy=ROLLING, MaxSize=maximum)
    assert effect(alone) is UserDataEffect.ONLY_HOST_REPLACED
    kept = {"AutoScalingRollingUpdate": {"MinInstancesInService": 1}}
    assert effect(group(policy=kept, MaxSize=maximum)) is UserDataEffect.HOSTS_REPLACED


def test_a_group_of_many_types_is_found_too() -> None:
    launch = {"LaunchTemplateName": {"Ref": "Launch"}, "Version": LATEST}
    mixed = {"LaunchTemplate": {"LaunchTemplateSpecification": launch}}
    definition = {
        "Type": GROUP,
        "Properties": {"MixedInstancesPolicy": mixed},
        "UpdatePolicy": ROLLING,
    }
    assert effect(definition) is UserDataEffect.HOSTS_REPLACED


def test_a_launch_configuration_is_always_another_one() -> None:
    definition = {
        "Type": GROUP,
        "Properties": {"LaunchConfigurationName": {"Ref": "Launch"}},
        "UpdatePolicy": ROLLING,
    }
    found = effect(definition, resource_type=LAUNCH_CONFIGURATION)
    assert found is UserDataEffect.HOSTS_REPLACED


def test_an_instance_of_a_launch_template_is_replaced() -> None:
    launch = {"LaunchTemplateId": {"Ref": "Launch"}, "Version": LATEST}
    definition = {"Type": INSTANCE, "Properties": {"LaunchTemplate": launch}}
    assert effect(definition) is UserDataEffect.INSTANCE_REPLACED


def test_what_only_names_a_launch_template_has_no_hosts() -> None:
    assert effect({"Type": "AWS::SNS::Topic", "Properties": {"Name": {"Ref": "Launch"}}}) is None


@pytest.mark.parametrize(
    ("replacement", "expected"),
    [
        (Replacement.CONDITIONAL, UserDataEffect.RESTARTED),
        (Replacement.NEVER, UserDataEffect.RESTARTED),
        (Replacement.ALWAYS, UserDataEffect.INSTANCE_REPLACED),
    ],
)
def test_an_instance_with_user_data_of_its_own_is_started_again(
    replacement: Replacement, expected: UserDataEffect
) -> None:
    changed = ResourceChange(
        logical_id="Host",
        resource_type=INSTANCE,
        action=ChangeAction.MODIFY,
        replacement=replacement,
    )
    target = UserDataTarget(logical_id="Host", effect=expected)
    assert user_data_targets(changed, {}) == (target,)
