"""What AWS says of each resource type, read from the schemas that cfn-lint ships.

The schemas say which change of a property means replacement, which properties are read-only
and which are never returned. cfn-lint's own Python takes a second to import, so its files are
read directly: ``providers/<region>.json`` names, for each type, a file in ``resources/``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

Pointer = tuple[str, ...]
"""Path below ``Properties``, for example ``("Tags", "*", "Key")``; ``*`` is any element."""

_REGION: Final = "us-east-1"
"""The region with every type; the schemas differ little between regions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSchema:
    """One resource type's schema.

    Attributes:
        create_only: Properties whose change means replacement.
        conditional_create_only: Properties whose change can mean replacement.
        read_only: What the service fills in; ``Fn::GetAtt`` returns it.
        write_only: What the service never returns.
        properties: The schema of each property, JSON Schema with ``$ref`` into
            ``definitions``.
        definitions: Shared schemas.
        required: Properties that must be given.
        additional_properties: Whether properties of other names may be given.
        primary_identifier: What identifies a resource of this type.
        tag_property: Name of the property that holds tags; None where there is none.
        tags_updatable: Whether tags change without replacement.
    """

    type_name: str
    create_only: frozenset[Pointer]
    conditional_create_only: frozenset[Pointer]
    read_only: frozenset[Pointer]
    write_only: frozenset[Pointer]
    properties: Mapping[str, Any]
    definitions: Mapping[str, Any]
    required: tuple[str, ...]
    additional_properties: bool
    primary_identifier: tuple[Pointer, ...]
    tag_property: str | None
    tags_updatable: bool

    def node(self, pointer: Pointer) -> Mapping[str, Any]:
        """Return the schema of what a pointer points to; empty where nothing is known."""
        current: Mapping[str, Any] = {"type": "object", "properties": self.properties}
        for step in pointer:
            current = self.child(current, step)
        return current

    def child(self, node: Mapping[str, Any], step: str) -> Mapping[str, Any]:
        """Return the schema of one property, or of the elements, of a schema."""
        node = self.dereferenced(node)
        if step in node.get("properties", {}):
            return self.dereferenced(node["properties"][step])
        if "items" in node and (step == "*" or step.isdigit()):
            return self.dereferenced(node["items"])
        for pattern in node.get("patternProperties", {}).values():
            return self.dereferenced(pattern)
        return {}

    def dereferenced(self, node: object) -> Mapping[str, Any]:
        """Return a schema with its ``$ref`` followed."""
        while isinstance(node, dict) and "$ref" in node:
            parts = str(node["$ref"]).removeprefix("#/").split("/")
            root: Any = {"definitions": self.definitions, "properties": self.properties}
            for part in parts:
                root = root.get(part, {}) if isinstance(root, dict) else {}
            node = root
        return node if isinstance(node, dict) else {}


@cache
def load_schema(resource_type: str) -> ResourceSchema | None:
    """Return the schema of a resource type, or None where AWS has no such type."""
    name = _files().get(resource_type)
    if name is None:
        return None
    raw = json.loads((_folder() / "resources" / f"{name}.json").read_text(encoding="utf-8"))
    tagging = raw.get("tagging", {})
    tags = _pointer(tagging.get("tagProperty", "/properties/Tags"))[0]
    return ResourceSchema(
        type_name=resource_type,
        create_only=_pointers(raw, "createOnlyProperties"),
        conditional_create_only=_pointers(raw, "conditionalCreateOnlyProperties"),
        read_only=_pointers(raw, "readOnlyProperties"),
        write_only=_pointers(raw, "writeOnlyProperties"),
        properties=raw.get("properties", {}),
        definitions=raw.get("definitions", {}),
        required=tuple(raw.get("required", ())),
        additional_properties=raw.get("additionalProperties", False) is not False,
        primary_identifier=tuple(_pointer(text) for text in raw.get("primaryIdentifier", ())),
        tag_property=tags if tags in raw.get("properties", {}) else None,
        tags_updatable=tagging.get("tagUpdatable", True),
    )


def is_known_type(resource_type: str) -> bool:
    """Return whether AWS has such a resource type."""
    return resource_type in _files()


@cache
def _folder() -> Path:
    # find_spec of the top-level package locates it without running it.
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("cfn-lint, whose resource schemas are needed, is not installed")
    return Path(spec.origin).parent / "data" / "schemas"


@cache
def _files() -> Mapping[str, str]:
    text = (_folder() / "providers" / f"{_REGION}.json").read_text(encoding="utf-8")
    files: dict[str, str] = json.loads(text)
    return files


def _pointers(raw: Mapping[str, Any], key: str) -> frozenset[Pointer]:
    return frozenset(_pointer(text) for text in raw.get(key, ()))


def _pointer(text: str) -> Pointer:
    """Return ``/properties/A/items/properties/B`` or ``/properties/A/*/B`` as its steps."""
    steps = text.removeprefix("/properties/").split("/")
    return tuple("*" if step == "items" else step for step in steps if step != "properties")
