"""Rules about hosts: how a deploy finds them, and how they change."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdinfra.aws.hosts import DEPLOY_GROUP_TAG
from cdinfra.lint.finding import Severity
from cdinfra.lint.rule import Hit, Rule
from cdinfra.lint.template import Resource, Template
from cdinfra.lint.values import choices, is_function, is_true, listed, mapping, reaches
from cdinfra.model.names import TAG_KEY_PATTERN

GROUP: Final = "AWS::AutoScaling::AutoScalingGroup"
INSTANCE: Final = "AWS::EC2::Instance"
LAUNCH_TEMPLATE: Final = "AWS::EC2::LaunchTemplate"
LAUNCH_CONFIGURATION: Final = "AWS::AutoScaling::LaunchConfiguration"
IMAGE_PARAMETER: Final = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"

_MOVING_NAME = re.compile(r"/(latest|current|recommended|stable)(/|$)|-latest\b|^/aws/service/ami")


def launch_template_of(template: Template, resource: Resource) -> Resource | None:
    """Return the launch template, in the same template, that a host or a group uses."""
    specification = reaches(resource.properties, "LaunchTemplate") or reaches(
        resource.properties,
        "MixedInstancesPolicy",
        "LaunchTemplate",
        "LaunchTemplateSpecification",
    )
    name = reaches(specification or {}, "LaunchTemplateId", "Ref")
    return next(
        (each for each in template.resources(LAUNCH_TEMPLATE) if each.logical_id == name), None
    )


def _instance_tags(launch: Resource) -> Iterator[Mapping[str, Any]]:
    specifications = reaches(launch.properties, "LaunchTemplateData", "TagSpecifications")
    for _, specification in listed(specifications):
        if mapping(specification).get("ResourceType") == "instance":
            for _, tag in listed(specification.get("Tags")):
                yield mapping(tag)


def _host_tags(template: Template, host: Resource) -> Iterator[Mapping[str, Any]]:
    """Yield the tags that a host has, or a group's hosts get when they are launched."""
    for key, value in template.tags.items():
        yield {"Key": key, "Value": value}
    for _, tag in listed(host.properties.get("Tags")):
        if host.type == INSTANCE or is_true(mapping(tag).get("PropagateAtLaunch")):
            yield mapping(tag)
    launch = launch_template_of(template, host)
    if launch is not None:
        yield from _instance_tags(launch)


def _without_deploy_group(template: Template) -> Iterator[Hit]:
    for host in template.resources(GROUP, INSTANCE):
        keys = [tag.get("Key") for tag in _host_tags(template, host)]
        tags = host.properties.get("Tags")
        if DEPLOY_GROUP_TAG not in keys and not is_function(tags):
            what = "its hosts get" if host.type == GROUP else "has"
            yield host.hit(f"{what} no tag {DEPLOY_GROUP_TAG}", "Properties", "Tags")


def _unreadable_tag_keys(template: Template) -> Iterator[Hit]:
    for host in template.resources(GROUP, INSTANCE):
        launch = launch_template_of(template, host)
        options = (
            reaches(launch.properties, "LaunchTemplateData", "MetadataOptions") if launch else {}
        )
        if mapping(options).get("InstanceMetadataTags") != "enabled":
            continue
        keys = [tag.get("Key") for tag in _host_tags(template, host)]
        for key in dict.fromkeys(key for key in keys if isinstance(key, str)):
            if not TAG_KEY_PATTERN.fullmatch(key):
                message = f"its hosts get the tag {key!r}, which instance metadata cannot show"
                yield host.hit(message, "Properties", "Tags")


def _metadata_v1(template: Template) -> Iterator[Hit]:
    for launch in template.resources(LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION, INSTANCE):
        keys = ("LaunchTemplateData",) if launch.type == LAUNCH_TEMPLATE else ()
        if launch.type == INSTANCE and "LaunchTemplate" in launch.properties:
            continue
        path = ("Properties", *keys, "MetadataOptions")
        for options in choices(reaches(launch.definition, *path)):
            off = mapping(options).get("HttpEndpoint") == "disabled"
            tokens = mapping(options).get("HttpTokens")
            if (
                not off
                and tokens != "required"
                and not is_function(tokens)
                and not is_function(options)
            ):
                yield launch.hit("allows version 1 of the instance metadata service", *path)


def _no_rolling_update(template: Template) -> Iterator[Hit]:
    for group in template.resources(GROUP):
        policy = mapping(group.definition.get("UpdatePolicy"))
        if not policy.keys() & {"AutoScalingRollingUpdate", "AutoScalingReplacingUpdate"}:
            yield group.hit("has no rolling update: a new launch template reaches no running host")


def _no_signal(template: Template) -> Iterator[Hit]:
    for host in template.resources(GROUP, INSTANCE):
        rolling = reaches(host.definition, "UpdatePolicy", "AutoScalingRollingUpdate")
        waits = is_true(mapping(rolling).get("WaitOnResourceSignals"))
        if "CreationPolicy" not in host.definition and not waits:
            yield host.hit("counts as made before its hosts have booted")


def _moving_image(template: Template) -> Iterator[Hit]:
    for name, parameter in template.section("Parameters").items():
        kind, default = mapping(parameter).get("Type"), mapping(parameter).get("Default")
        if kind == IMAGE_PARAMETER and _MOVING_NAME.search(str(default)):
            message = f"names a machine image that moves: {default}"
            yield Hit(message=message, path=("Parameters", name, "Default"))


RULES: Final = (
    Rule(
        id="CD101",
        severity=Severity.ERROR,
        title=f"A host has no tag {DEPLOY_GROUP_TAG}.",
        reason="A deploy finds hosts by that tag alone; a host without it never gets a release.",
        source="docs/hosts.md",
        check=_without_deploy_group,
    ),
    Rule(
        id="CD102",
        severity=Severity.ERROR,
        title="A tag of a host has a key that instance metadata cannot show.",
        reason="With tags in instance metadata, a key with a space or a slash makes the launch "
        "fail.",
        source="EC2 user guide, View tags for your EC2 instances using instance metadata",
        check=_unreadable_tag_keys,
    ),
    Rule(
        id="CD103",
        severity=Severity.ERROR,
        title="A host answers version 1 of the instance metadata service.",
        reason="A container or a page that can be made to fetch an address can then read the "
        "credentials of the host's role.",
        source="Security Hub user guide, control EC2.8",
        check=_metadata_v1,
    ),
    Rule(
        id="CD104",
        severity=Severity.WARNING,
        title="A group of hosts has no rolling update.",
        reason="A changed launch template holds for the next launch only; running hosts keep the "
        "old image and user data until somebody replaces them.",
        source="CloudFormation user guide, UpdatePolicy attribute",
        check=_no_rolling_update,
    ),
    Rule(
        id="CD105",
        severity=Severity.INFO,
        title="Nothing waits for a host to boot.",
        reason="Without a creation policy or signals, a stack is complete while its hosts may "
        "still fail to boot.",
        source="CloudFormation user guide, CreationPolicy attribute",
        check=_no_signal,
    ),
    Rule(
        id="CD106",
        severity=Severity.INFO,
        title="A machine image is not pinned.",
        reason="A new image behind the parameter replaces the hosts at the next update, whatever "
        "that update is about.",
        source="Systems Manager user guide, Calling AMI public parameters",
        check=_moving_image,
    ),
)
