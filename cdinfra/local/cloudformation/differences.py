"""Compares two sets of properties as AWS does, with the resource type's schema.

``80`` and ``"80"`` are the same port, ``true`` and ``"true"`` the same switch, and the order of a
list does not matter where the schema says so (``insertionOrder: false``).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from cdinfra.local.cloudformation.functions import Unknown
from cdinfra.local.cloudformation.schema import Pointer, ResourceSchema
from cdinfra.local.cloudformation.template import text_of

ChangeType = Literal["Add", "Remove", "Modify"]
Recreation = Literal["Never", "Conditionally", "Always"]
ChangeSource = Literal[
    "DirectModification",
    "ParameterReference",
    "ResourceReference",
    "ResourceAttribute",
    "Automatic",
]
Attribute = Literal[
    "Properties",
    "Tags",
    "Metadata",
    "CreationPolicy",
    "UpdatePolicy",
    "DeletionPolicy",
    "UpdateReplacePolicy",
]


class _Missing:
    """The type of what stands for a value that is not there."""


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyChange:
    """One change of one value of one resource.

    Attributes:
        path: Where, below the attribute: ``("Ingress", "0", "FromPort")``.
        before: The value as ``DescribeChangeSet`` shows it; None where it is added.
        after: Likewise; None where it is removed.
        change_type: What happens to the value.
        requires_recreation: Whether the resource must be replaced for it.
        evaluation: ``Dynamic`` where the new value is known only after the deployment.
        change_source: Why it changes.
        causing_entity: The parameter, resource or attribute that it follows, if any.
        attribute: Part of the resource that changes.
    """

    path: tuple[str, ...]
    before: str | None
    after: str | None
    change_type: ChangeType
    requires_recreation: Recreation = "Never"
    evaluation: Literal["Static", "Dynamic"] = "Static"
    change_source: ChangeSource = "DirectModification"
    causing_entity: str | None = None
    attribute: Attribute = "Properties"

    @property
    def name(self) -> str | None:
        """The property's name; None for the other attributes, and for the properties as a whole.

        Source: CloudFormation API Reference, "ResourceTargetDefinition", ``Name``.
        """
        return self.path[0] if self.path and self.attribute == "Properties" else None

    @property
    def pointer(self) -> str:
        """The path as ``DescribeChangeSet`` writes it, for example ``/Properties/CidrBlock``."""
        root = "Properties" if self.attribute in ("Properties", "Tags") else self.attribute
        return "/" + "/".join((root, *self.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two values at the same place of the old and the new properties."""

    path: tuple[str, ...]
    before: Any
    after: Any


def property_diff(
    schema: ResourceSchema | None, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[PropertyChange, ...]:
    """Return every change between two sets of properties, each at its own path.

    Args:
        schema: The resource type's; without one, properties are compared whole.
        before: Resolved properties.
        after: Resolved properties.
    """
    changes: list[PropertyChange] = []
    for name in sorted(before.keys() | after.keys()):
        pair = Pair(path=(name,), before=before.get(name, MISSING), after=after.get(name, MISSING))
        node = schema.node((name,)) if schema else {}
        changes += [_change(schema, leaf) for leaf in _leaves(schema, node, pair)]
    return tuple(changes)


def replaces(changes: tuple[PropertyChange, ...]) -> bool:
    """Return whether one of the changes means that the resource is made anew."""
    return any(change.requires_recreation == "Always" for change in changes)


def canonical(schema: ResourceSchema | None, node: Mapping[str, Any], value: Any) -> Any:  # noqa: ANN401 - any value
    """Return a value in the one form that all values equal to it have.

    Args:
        schema: The resource type's, for references within ``node``.
        node: The value's own schema; empty where it is unknown.
        value: A resolved value.
    """
    types = _types(node)
    if isinstance(value, str) and {"object", "string"} <= types and value.lstrip()[:1] == "{":
        value = _parsed(value)
    if isinstance(value, dict):
        return {
            str(key): canonical(schema, _child(schema, node, str(key)), item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        items = [canonical(schema, _child(schema, node, "*"), item) for item in value]
        return items if is_ordered(node) else sorted(items, key=_sort_key)
    if isinstance(value, Unknown | _Missing):
        return value
    return _canonical_scalar(types, value)


def is_ordered(node: Mapping[str, Any]) -> bool:
    """Return whether the order of a list matters."""
    return node.get("insertionOrder", True) is not False


def is_tags(schema: ResourceSchema | None, path: tuple[str, ...]) -> bool:
    """Return whether a path stands in the property that holds the resource's tags."""
    return schema is not None and schema.tag_property is not None and path[0] == schema.tag_property


def shown(value: Any) -> str | None:  # noqa: ANN401 - any value
    """Return a value as a change set shows it: a text, or compact JSON of texts."""
    match value:
        case _Missing():
            return None
        case dict() | list():
            return json.dumps(texts(value), separators=(",", ":"))
        case _:
            return text_of(value)


def texts(value: Any) -> Any:  # noqa: ANN401 - any value
    """Return a value with every scalar as the text that CloudFormation makes of it."""
    if isinstance(value, dict):
        return {key: texts(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [texts(item) for item in value]
    return text_of(value)


def _change(schema: ResourceSchema | None, leaf: Pair) -> PropertyChange:
    change_type: ChangeType = "Modify"
    if leaf.before is MISSING:
        change_type = "Add"
    elif leaf.after is MISSING:
        change_type = "Remove"
    return PropertyChange(
        path=leaf.path,
        before=shown(leaf.before),
        after=shown(leaf.after),
        change_type=change_type,
        requires_recreation=_recreation(schema, leaf),
        attribute="Tags" if is_tags(schema, leaf.path) else "Properties",
    )


def _leaves(schema: ResourceSchema | None, node: Mapping[str, Any], pair: Pair) -> Iterator[Pair]:
    before, after = pair.before, pair.after
    if canonical(schema, node, before) == canonical(schema, node, after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and _is_described(node):
        for key in sorted(before.keys() | after.keys()):
            inner = Pair(
                path=(*pair.path, key),
                before=before.get(key, MISSING),
                after=after.get(key, MISSING),
            )
            yield from _leaves(schema, _child(schema, node, key), inner)
    elif isinstance(before, list) and isinstance(after, list):
        item_node = _child(schema, node, "*")
        for inner in _item_pairs(schema, node, pair):
            yield from _leaves(schema, item_node, inner)
    else:
        yield pair


def _item_pairs(
    schema: ResourceSchema | None, node: Mapping[str, Any], pair: Pair
) -> Iterator[Pair]:
    before: dict[int, Any] = dict(enumerate(pair.before))
    after: dict[int, Any] = dict(enumerate(pair.after))
    if not is_ordered(node) or is_tags(schema, pair.path):
        _drop_equal(schema, _child(schema, node, "*"), before, after)
    for old, new in _matched(before, after, by_key=is_tags(schema, pair.path)):
        index = new if new is not None else old
        yield Pair(
            path=(*pair.path, str(index)),
            before=MISSING if old is None else before[old],
            after=MISSING if new is None else after[new],
        )


def _drop_equal(
    schema: ResourceSchema | None,
    node: Mapping[str, Any],
    before: dict[int, Any],
    after: dict[int, Any],
) -> None:
    for old in tuple(before):
        form = canonical(schema, node, before[old])
        for new in tuple(after):
            if canonical(schema, node, after[new]) == form:
                del before[old], after[new]
                break


def _matched(
    before: Mapping[int, Any], after: Mapping[int, Any], *, by_key: bool
) -> Iterator[tuple[int | None, int | None]]:
    """Yield which old element becomes which new one: by tag key, else one after the other."""
    if by_key:
        keys = {_tag_key(value): index for index, value in after.items()}
        old_keys = {_tag_key(value): index for index, value in before.items()}
        for key in dict.fromkeys((*old_keys, *keys)):
            yield old_keys.get(key), keys.get(key)
        return
    old, new = tuple(before), tuple(after)
    for position in range(max(len(old), len(new))):
        yield (
            old[position] if position < len(old) else None,
            new[position] if position < len(new) else None,
        )


def _tag_key(value: object) -> str:
    return text_of(value.get("Key", "")) if isinstance(value, dict) else text_of(value)


def _recreation(schema: ResourceSchema | None, leaf: Pair) -> Recreation:
    if schema is None:
        return "Never"
    pointer = tuple("*" if step.isdigit() else step for step in leaf.path)
    if any(_touches(schema, pointer, leaf, target) for target in schema.create_only):
        return "Always"
    if any(_touches(schema, pointer, leaf, target) for target in schema.conditional_create_only):
        return "Conditionally"
    return "Never"


def _touches(schema: ResourceSchema, pointer: Pointer, leaf: Pair, target: Pointer) -> bool:
    """Return whether a change changes what a pointer of the schema points to."""
    if pointer[: len(target)] == target:
        return True
    if target[: len(pointer)] != pointer:
        return False
    inside = target[len(pointer) :]
    node = schema.node(target)
    before = [canonical(schema, node, value) for value in _values_at(leaf.before, inside)]
    after = [canonical(schema, node, value) for value in _values_at(leaf.after, inside)]
    return before != after


def _values_at(value: Any, steps: Pointer) -> Iterator[Any]:  # noqa: ANN401 - any value
    if not steps:
        yield value
    elif steps[0] == "*" and isinstance(value, list):
        for item in value:
            yield from _values_at(item, steps[1:])
    elif isinstance(value, dict) and steps[0] in value:
        yield from _values_at(value[steps[0]], steps[1:])


def _is_described(node: Mapping[str, Any]) -> bool:
    """Return whether the schema names what is inside; a policy document, say, is one value."""
    return bool(node.get("properties") or node.get("patternProperties"))


def _child(schema: ResourceSchema | None, node: Mapping[str, Any], step: str) -> Mapping[str, Any]:
    return schema.child(node, step) if schema else {}


def _types(node: Mapping[str, Any]) -> frozenset[str]:
    types = node.get("type", ())
    return frozenset((types,) if isinstance(types, str) else types)


def _canonical_scalar(types: frozenset[str], value: object) -> str:
    text = text_of(value)
    if types & {"integer", "number"}:
        try:
            return str(Decimal(text).normalize())
        except InvalidOperation:
            return text
    return text.lower() if "boolean" in types else text


def _parsed(text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text)
    except ValueError:
        return text


def _sort_key(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)
