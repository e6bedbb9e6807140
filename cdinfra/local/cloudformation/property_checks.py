"""Checks a resource's properties against its type's schema, in CloudFormation's words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from cdinfra.local.cloudformation.functions import Unknown
from cdinfra.local.cloudformation.schema import ResourceSchema
from cdinfra.local.cloudformation.template import text_of

_TYPE_NAMES: Final[Mapping[str, str]] = {
    "array": "JSONArray",
    "boolean": "Boolean",
    "integer": "Integer",
    "number": "Number",
    "object": "JSONObject",
    "string": "String",
}
"""JSON Schema's types as the service names them."""


def validate_properties(schema: ResourceSchema, properties: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is wrong with a resource's resolved properties, one line a problem.

    Lines read like ``#/Role: expected type: String, found: JSONArray``. What is known only
    after the deployment is not checked, nor is a dynamic reference.
    """
    node = {
        "type": "object",
        "properties": schema.properties,
        "required": schema.required,
        "additionalProperties": schema.additional_properties,
    }
    return tuple(_problems(schema, node, properties, "#"))


def validation_reason(logical_id: str, problems: Iterable[str]) -> str:
    """Return the status reason of a resource whose properties are wrong."""
    return f"Properties validation failed for resource {logical_id} with message:\n" + "\n".join(
        problems
    )


def _problems(
    schema: ResourceSchema, node: Mapping[str, Any], value: object, path: str
) -> Iterator[str]:
    if isinstance(value, Unknown) or (isinstance(value, str) and "{{resolve:" in value):
        return
    types = node.get("type", ())
    types = (types,) if isinstance(types, str) else tuple(types)
    if types and not any(_fits(kind, value) for kind in types):
        expected = _TYPE_NAMES.get(types[0], types[0])
        yield f"{path}: expected type: {expected}, found: {_found(value)}"
        return
    if isinstance(value, dict):
        yield from _object_problems(schema, node, value, path)
    elif isinstance(value, list):
        yield from _list_problems(schema, node, value, path)
    else:
        yield from _scalar_problems(node, text_of(value), path)


def _object_problems(
    schema: ResourceSchema, node: Mapping[str, Any], value: Mapping[str, Any], path: str
) -> Iterator[str]:
    for key in node.get("required", ()):
        if key not in value:
            yield f"{path}: required key [{key}] not found"
    closed = node.get("additionalProperties") is False
    for key, item in value.items():
        known = key in node.get("properties", {}) or any(
            _searches(pattern, key) for pattern in node.get("patternProperties", {})
        )
        if known:
            yield from _problems(schema, schema.child(node, key), item, f"{path}/{key}")
        elif closed:
            yield f"{path}: extraneous key [{key}] is not permitted"


def _list_problems(
    schema: ResourceSchema, node: Mapping[str, Any], value: list[Any], path: str
) -> Iterator[str]:
    if len(value) < node.get("minItems", 0):
        yield f"{path}: expected minimum item count: {node['minItems']}, found: {len(value)}"
    if len(value) > node.get("maxItems", len(value)):
        yield f"{path}: expected maximum item count: {node['maxItems']}, found: {len(value)}"
    item_node = schema.child(node, "*")
    for index, item in enumerate(value):
        yield from _problems(schema, item_node, item, f"{path}/{index}")


def _scalar_problems(node: Mapping[str, Any], text: str, path: str) -> Iterator[str]:
    enum = node.get("enum")
    if enum and text not in [text_of(item) for item in enum]:
        yield f"{path}: {text} is not a valid enum value"
    if len(text) > node.get("maxLength", len(text)):
        yield f"{path}: expected maxLength: {node['maxLength']}, actual: {len(text)}"
    if len(text) < node.get("minLength", 0):
        yield f"{path}: expected minLength: {node['minLength']}, actual: {len(text)}"
    if "pattern" in node and not _searches(node["pattern"], text):
        yield f"{path}: failed validation constraint for keyword [pattern]"
    if _is_number(text):
        if float(text) < node.get("minimum", float(text)):
            yield f"{path}: {text} is not greater or equal to {node['minimum']}"
        if float(text) > node.get("maximum", float(text)):
            yield f"{path}: {text} is not less or equal to {node['maximum']}"


def _searches(pattern: str, text: str) -> bool:
    """Return whether a pattern occurs; one that only Java understands is let through."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def _fits(kind: str, value: object) -> bool:
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "boolean":
            return text_of(value).lower() in ("true", "false")
        case "integer":
            return _is_number(value) and float(text_of(value)).is_integer()
        case "number":
            return _is_number(value)
        case _:
            return not isinstance(value, dict | list)


def _is_number(value: object) -> bool:
    return re.fullmatch(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", text_of(value)) is not None


def _found(value: object) -> str:
    match value:
        case dict():
            return "JSONObject"
        case list():
            return "JSONArray"
        case bool():
            return "Boolean"
        case int():
            return "Integer"
        case float():
            return "BigDecimal"
        case _:
            return "String"
