"""Compares what a resource should be with what it is.

As CloudFormation does, only what the template sets is compared: what the service adds of its
own, what it never returns, and ``aws:`` tags are no drift.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cdinfra.local.cloudformation.differences import (
    canonical,
    is_ordered,
    is_tags,
    shown,
)
from cdinfra.local.cloudformation.dynamic import DYNAMIC_REFERENCE
from cdinfra.local.cloudformation.references import walk
from cdinfra.local.cloudformation.schema import Pointer, ResourceSchema

DifferenceType = Literal["ADD", "REMOVE", "NOT_EQUAL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyDifference:
    """One value that is not as the template says.

    Attributes:
        path: Where, for example ``/Tags/0/Value``.
        expected: The value that the template says; ``null`` where there is none.
        actual: The value that is; ``null`` where there is none.
        difference_type: ``ADD`` and ``REMOVE`` of what is in a list or is gone.
    """

    path: str
    expected: str
    actual: str
    difference_type: DifferenceType


def property_differences(
    schema: ResourceSchema | None, expected: Mapping[str, Any], actual: Mapping[str, Any]
) -> tuple[PropertyDifference, ...]:
    """Return where a resource differs from what its template says.

    Args:
        schema: The resource type's.
        expected: The resolved properties, with the stack's tags among them.
        actual: The properties as they are; one that is left out is not compared.
    """
    found: list[PropertyDifference] = []
    for name, value in expected.items():
        if name in actual:
            node = schema.node((name,)) if schema else {}
            there = _without_reserved(actual[name]) if is_tags(schema, (name,)) else actual[name]
            found += _compare(schema, node, (name,), value, there)
    return tuple(found)


def _compare(
    schema: ResourceSchema | None,
    node: Mapping[str, Any],
    path: tuple[str, ...],
    expected: Any,  # noqa: ANN401 - any value
    actual: Any,  # noqa: ANN401 - any value
) -> Iterator[PropertyDifference]:
    if (
        _is_hidden(schema, path)
        or _is_dynamic(expected)
        or canonical(schema, node, expected) == canonical(schema, node, actual)
    ):
        return
    if isinstance(expected, dict) and isinstance(actual, dict) and node.get("properties"):
        for key, value in expected.items():
            inner = schema.child(node, key) if schema else {}
            if key in actual:
                yield from _compare(schema, inner, (*path, key), value, actual[key])
            elif value not in ({}, []) and not _is_hidden(schema, (*path, key)):
                yield _difference((*path, key), "REMOVE", value, None)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _compare_lists(schema, node, path, expected, actual)
    elif not any(map(_is_dynamic, walk(expected))):
        yield _difference(path, "NOT_EQUAL", expected, actual)


def _compare_lists(
    schema: ResourceSchema | None,
    node: Mapping[str, Any],
    path: tuple[str, ...],
    expected: list[Any],
    actual: list[Any],
) -> Iterator[PropertyDifference]:
    item_node = schema.child(node, "*") if schema else {}
    wanted = dict(enumerate(expected))
    there = dict(enumerate(actual))
    if is_tags(schema, path) or not is_ordered(node):
        for index in tuple(wanted):
            for other in tuple(there):
                if not any(_compare(schema, item_node, (*path, "0"), wanted[index], there[other])):
                    del wanted[index], there[other]
                    break
    partners = _partners(wanted, there, by_key=is_tags(schema, path))
    for index, value in wanted.items():
        if (partner := partners.get(index)) is None:
            yield _difference((*path, str(index)), "REMOVE", value, None)
        else:
            other = there.pop(partner)
            yield from _compare(schema, item_node, (*path, str(index)), value, other)
    for index, value in there.items():
        yield _difference((*path, str(index)), "ADD", None, value)


def _partners(
    wanted: Mapping[int, Any], there: Mapping[int, Any], *, by_key: bool
) -> Mapping[int, int]:
    if not by_key:
        return dict(zip(wanted, there, strict=False))
    keys = {_key(tag): index for index, tag in there.items()}
    return {index: keys[_key(tag)] for index, tag in wanted.items() if _key(tag) in keys}


def _difference(
    path: tuple[str, ...],
    difference_type: DifferenceType,
    expected: Any,  # noqa: ANN401 - any value
    actual: Any,  # noqa: ANN401 - any value
) -> PropertyDifference:
    return PropertyDifference(
        path="/" + "/".join(path),
        expected="null" if expected is None else str(shown(expected)),
        actual="null" if actual is None else str(shown(actual)),
        difference_type=difference_type,
    )


def _is_dynamic(expected: object) -> bool:
    """Return whether a value comes from another service, whose values are not compared.

    Source: AWS CloudFormation User Guide, "Get a plaintext value from Systems Manager
    Parameter Store": drift detection is not supported on dynamic references.
    """
    return isinstance(expected, str) and DYNAMIC_REFERENCE.search(expected) is not None


def _is_hidden(schema: ResourceSchema | None, path: tuple[str, ...]) -> bool:
    """Return whether the service fills this in itself, or never returns it."""
    if schema is None:
        return False
    pointer: Pointer = tuple("*" if step.isdigit() else step for step in path)
    return any(pointer[: len(target)] == target for target in schema.write_only | schema.read_only)


def _without_reserved(tags: Any) -> Any:  # noqa: ANN401 - a list or an object
    if isinstance(tags, dict):
        return {key: value for key, value in tags.items() if not key.startswith("aws:")}
    if isinstance(tags, list):
        return [tag for tag in tags if not _key(tag).startswith("aws:")]
    return tags


def _key(tag: object) -> str:
    return str(tag.get("Key", "")) if isinstance(tag, dict) else str(tag)
