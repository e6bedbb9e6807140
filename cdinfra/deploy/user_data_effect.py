"""What a change of user data means for the hosts that have it, read from the template; pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from cdinfra.deploy.plan import Replacement, ResourceChange
from cdinfra.deploy.rolling_update import GROUP, ROLLING, is_rolling, replaces_group
from cdinfra.deploy.user_data_change import UserDataEffect, UserDataTarget

INSTANCE = "AWS::EC2::Instance"
LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"
LAUNCH_CONFIGURATION = "AWS::AutoScaling::LaunchConfiguration"


def user_data_targets(
    change: ResourceChange, document: Mapping[str, Any]
) -> tuple[UserDataTarget, ...]:
    """Return what becomes of each group and instance that has the user data of a resource.

    Args:
        change: What happens to the resource that has it.
        document: The template then.

    Source: CloudFormation template reference, AWS::EC2::Instance, UserData: an instance with
    an EBS root volume is stopped and started, one without is replaced; AWS::EC2::Instance,
    LaunchTemplate: replacement; CloudFormation user guide, "UpdatePolicy attribute".
    """
    if change.resource_type == INSTANCE:
        replaced = change.replacement is Replacement.ALWAYS
        effect = UserDataEffect.INSTANCE_REPLACED if replaced else UserDataEffect.RESTARTED
        return (UserDataTarget(logical_id=change.logical_id, effect=effect),)
    resources: Mapping[str, Any] = document.get("Resources", {})
    return tuple(
        UserDataTarget(logical_id=name, effect=_effect(definition, follows))
        for name, definition in resources.items()
        if name != change.logical_id
        if (follows := _follows(definition, change.logical_id)) is not None
    )


def _effect(definition: Mapping[str, Any], follows: UserDataEffect) -> UserDataEffect:
    """Return what becomes of a user of the launch template, if it moves to the new version."""
    if follows is not UserDataEffect.HOSTS_REPLACED:
        return follows
    if definition["Type"] == INSTANCE:
        return UserDataEffect.INSTANCE_REPLACED
    policy = definition.get("UpdatePolicy", {})
    if definition["Type"] != GROUP or not (is_rolling(policy) or replaces_group(policy)):
        return UserDataEffect.NEXT_LAUNCH
    if replaces_group(policy):
        return UserDataEffect.GROUP_REPLACED
    alone = str(definition.get("Properties", {}).get("MaxSize")) == "1"
    serves = str(policy[ROLLING].get("MinInstancesInService", 0)) != "0"
    if alone and not serves:
        return UserDataEffect.ONLY_HOST_REPLACED
    return UserDataEffect.HOSTS_REPLACED


def _follows(definition: Mapping[str, Any], launch: str) -> UserDataEffect | None:
    """Return how a resource takes another version of a launch template; None: it uses none.

    ``HOSTS_REPLACED`` stands for: CloudFormation changes the resource.
    """
    properties = definition.get("Properties", {})
    found = tuple(_specifications(properties, launch))
    if found:
        return min(map(_version, found), key=list(UserDataEffect).index)
    if properties.get("LaunchConfigurationName") == {"Ref": launch}:
        # A launch configuration never changes: there is a new one, with another name.
        return UserDataEffect.HOSTS_REPLACED
    return None


def _specifications(value: object, launch: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if {"Ref": launch} in (value.get("LaunchTemplateId"), value.get("LaunchTemplateName")):
            yield value
        for inner in value.values():
            yield from _specifications(inner, launch)
    elif isinstance(value, list):
        for inner in value:
            yield from _specifications(inner, launch)


def _version(specification: Mapping[str, Any]) -> UserDataEffect:
    match specification.get("Version"):
        case "$Latest":
            return UserDataEffect.NEXT_LAUNCH
        case {"Fn::GetAtt": [_, "LatestVersionNumber"]}:
            return UserDataEffect.HOSTS_REPLACED
        case {"Fn::GetAtt": str(path)} if path.endswith(".LatestVersionNumber"):
            return UserDataEffect.HOSTS_REPLACED
        case _:
            # A number, or the default version, which stays the first one.
            return UserDataEffect.NOTHING
