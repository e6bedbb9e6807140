"""Tags of a resource: those of its stack, and on top of them its own."""

from collections.abc import Iterable, Mapping
from typing import Any

from cdinfra.local.resources.contract import Request

RESERVED = "aws:"
"""Prefix that only AWS may use.
Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html"""

Tag = dict[str, str]


def own_tags(request: Request) -> dict[str, str]:
    """Return the tags in the resource's properties, given as a list or as a mapping."""
    tags = request.properties.get("Tags") or {}
    if isinstance(tags, Mapping):
        return {str(key): _text(value) for key, value in tags.items()}
    return {str(tag["Key"]): _text(tag.get("Value", "")) for tag in tags}


def wanted_tags(request: Request) -> dict[str, str]:
    """Return every tag that the resource has to have.

    Args:
        request: The resource.
    """
    return {**request.tags, **own_tags(request)}


def shown_tags(request: Request, actual: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that belong to the resource's properties, its own ones first."""
    own = own_tags(request)
    strange = {
        key: value
        for key, value in sorted(actual.items())
        if not (key in own or key.startswith(RESERVED) or request.tags.get(key) == value)
    }
    return {**{key: actual[key] for key in own if key in actual}, **strange}


def stale_tags(wanted: Mapping[str, str], actual: Iterable[str]) -> list[str]:
    """Return the keys to take off; what AWS itself has put there stays."""
    return sorted(key for key in actual if key not in wanted and not key.startswith(RESERVED))


def tag_list(tags: Mapping[str, str]) -> list[Tag]:
    """Return tags in the form that most services take and CloudFormation shows."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_mapping(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return a mapping of tags that a service gave as a list."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags}


def _text(value: Any) -> str:  # noqa: ANN401 - as a template has it
    return str(value).lower() if isinstance(value, bool) else str(value)
