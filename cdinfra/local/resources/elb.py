"""What the types of Elastic Load Balancing share: tags, attributes, the search by ARN."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from cdinfra.local.resources.contract import Request
from cdinfra.local.resources.service import ServiceResource, Target
from cdinfra.local.resources.tags import (
    shown_tags,
    stale_tags,
    tag_list,
    tag_mapping,
    wanted_tags,
)

NAME_LIMIT = 32
"""Longest name of a load balancer or target group.
Source: Elastic Load Balancing API reference, CreateLoadBalancer, CreateTargetGroup."""


class BalancingResource(ServiceResource):
    """A resource of Elastic Load Balancing, known by its ARN."""

    service: ClassVar[str] = "elbv2"


def resource_name(request: Request) -> str:
    """Return the given name, or one made of letters, digits and single hyphens."""
    given = request.properties.get("Name")
    if given:
        return str(given)
    room = NAME_LIMIT - len(request.token) - 1
    plain = f"{request.stack_name}-{request.logical_id}"
    words = [word for word in plain[:room].split("-") if word]
    return "-".join([*words, request.token])


def tag_balancing(target: Target) -> None:
    """Bring the resource's tags to what is asked for."""
    wanted = wanted_tags(target.request)
    actual = _actual_tags(target)
    arns = [target.physical_id]
    if stale := stale_tags(wanted, actual):
        target.client.remove_tags(ResourceArns=arns, TagKeys=stale)
    if wanted and wanted != actual:
        target.client.add_tags(ResourceArns=arns, Tags=tag_list(wanted))


def _actual_tags(target: Target) -> dict[str, str]:
    found = target.client.describe_tags(ResourceArns=[target.physical_id])["TagDescriptions"]
    return tag_mapping(found[0]["Tags"]) if found else {}


def balancing_tags(target: Target) -> list[dict[str, str]]:
    """Return the tags that belong to the resource's properties."""
    return tag_list(shown_tags(target.request, _actual_tags(target)))


def attribute_changes(
    old: Iterable[Mapping[str, Any]] | None,
    new: Iterable[Mapping[str, Any]] | None,
    defaults: Mapping[str, str],
) -> list[dict[str, str]]:
    """Return the attributes to set: the new ones, and the defaults of those that left.

    Args:
        old: The attributes of the template before.
        new: The attributes of the template now.
        defaults: Value of each attribute that no template sets.
    """
    wanted = {str(item["Key"]): _text(item["Value"]) for item in new or ()}
    left = {str(item["Key"]) for item in old or ()} - wanted.keys()
    restored = {key: defaults[key] for key in sorted(left) if key in defaults}
    return tag_list({**wanted, **restored})


def _text(value: Any) -> str:  # noqa: ANN401 - as a template has it
    return str(value).lower() if isinstance(value, bool) else str(value)


def asked_attributes(
    asked: Iterable[Mapping[str, Any]] | None, actual: Iterable[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Return the attributes that the template names, with their actual values."""
    values = tag_mapping(actual)
    return [
        {"Key": item["Key"], "Value": values[item["Key"]]}
        for item in asked or ()
        if item["Key"] in values
    ]
