"""Compares two templates resource by resource; pure.

It sees what the templates say, not what CloudFormation would make of it: so it serves
where no change set can be made yet, and the shipped test double.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cdinfra.aws.change_set import ChangeAction, PropertyChange, Replacement, ResourceChange

ATTRIBUTES = ("Metadata", "CreationPolicy", "UpdatePolicy", "DeletionPolicy", "UpdateReplacePolicy")
"""Attributes of a resource that a change set lists. Source: DescribeChangeSet, Scope."""


def template_changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[ResourceChange, ...]:
    """Return what changes between two templates.

    Args:
        before: The template now; empty where there is none.
        after: The template then.
    """
    old: Mapping[str, Any] = before.get("Resources", {})
    new: Mapping[str, Any] = after.get("Resources", {})
    return tuple(_changes(old, new))


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ResourceChange]:
    for logical_id, definition in new.items():
        if logical_id not in old:
            yield _change(logical_id, definition, ChangeAction.ADD)
        elif old[logical_id] != definition:
            properties = _properties(old[logical_id], definition)
            yield ResourceChange(
                logical_id=logical_id,
                resource_type=definition["Type"],
                action=ChangeAction.MODIFY,
                replacement=Replacement.CONDITIONAL,
                properties=tuple(properties),
            )
    for logical_id, definition in old.items():
        if logical_id not in new:
            yield _change(logical_id, definition, ChangeAction.REMOVE)


def _change(logical_id: str, definition: Mapping[str, Any], action: ChangeAction) -> ResourceChange:
    return ResourceChange(logical_id=logical_id, resource_type=definition["Type"], action=action)


def _properties(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[PropertyChange]:
    before, after = old.get("Properties", {}), new.get("Properties", {})
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield PropertyChange(
                path=f"Properties.{name}",
                before=_text(before.get(name)),
                after=_text(after.get(name)),
                replacement=Replacement.CONDITIONAL,
            )
    for name in ATTRIBUTES:
        if old.get(name) != new.get(name):
            yield PropertyChange(path=name, before=_text(old.get(name)), after=_text(new.get(name)))


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
