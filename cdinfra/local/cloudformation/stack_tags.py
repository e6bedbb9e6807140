"""The stack's tags, as they come onto the resources of a type that has tags."""

from collections.abc import Mapping
from typing import Any

from cdinfra.local.cloudformation.schema import ResourceSchema


def with_stack_tags(
    schema: ResourceSchema | None, properties: Mapping[str, Any], tags: Mapping[str, str]
) -> Mapping[str, Any]:
    """Return properties with the stack's tags among their own; their own win.

    Types without tags, or whose tags only a replacement changes, are left as they are.

    Args:
        schema: The resource type's.
        properties: Resolved properties.
        tags: The stack's tags.
    """
    if schema is None or schema.tag_property is None or not schema.tags_updatable or not tags:
        return properties
    if (schema.tag_property,) in schema.create_only:
        return properties
    own = properties.get(schema.tag_property)
    node = schema.node((schema.tag_property,))
    if node.get("type") == "array" and isinstance(own, list | None):
        merged: Any = _with_tag_list(schema, own or [], tags)
    elif node.get("type") != "array" and isinstance(own, dict | None):
        merged = {**tags, **(own or {})}
    else:
        return properties
    return {**properties, schema.tag_property: merged}


def _with_tag_list(
    schema: ResourceSchema, own: list[Any], tags: Mapping[str, str]
) -> list[dict[str, Any]]:
    item = schema.node((str(schema.tag_property), "*")).get("properties", {})
    if "Key" not in item:
        return own
    propagated = {"PropagateAtLaunch": True} if "PropagateAtLaunch" in item else {}
    keys = {tag.get("Key") for tag in own if isinstance(tag, dict)}
    return own + [
        {"Key": key, "Value": value, **propagated}
        for key, value in sorted(tags.items())
        if key not in keys
    ]
