"""Which outputs of a stack may be others after an update; pure.

Without it, everything behind a changed stack would have to be called "may change".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cdinfra.deploy.plan import ChangeAction, Replacement, ResourceChange, ValueChange

_IN_SUB = re.compile(r"\$\{([^!}][^}]*)\}")


def outputs_at_risk(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    resources: Iterable[ResourceChange],
    values: Iterable[ValueChange],
) -> frozenset[str]:
    """Return the outputs that may be others after an update.

    Args:
        before: The deployed template.
        after: The template that will be deployed.
        resources: What happens to the stack's resources.
        values: What changes on the stack itself; changed parameters count.
    """
    parameters = {
        each.name.removeprefix("Parameters.")
        for each in values
        if each.name.startswith("Parameters.")
    }
    changes = {each.logical_id: each for each in resources}
    old, new = before.get("Outputs", {}), after.get("Outputs", {})
    return frozenset(
        key
        for key, definition in new.items()
        if old.get(key, {}).get("Value") != definition.get("Value")
        or _is_touched(definition.get("Value"), changes, parameters)
    )


def _is_touched(value: object, changes: Mapping[str, ResourceChange], parameters: set[str]) -> bool:
    for name, is_attribute in references(value):
        if name in parameters:
            return True
        change = changes.get(name)
        # An attribute may change in place, an id only with the resource.
        if change is not None and (is_attribute or is_other(change)):
            return True
    # What a condition or a mapping chooses may hang on any parameter.
    return bool(parameters) and _chooses(value)


def is_other(change: ResourceChange) -> bool:
    """Whether a resource has, or may have, another id after a change."""
    return change.action is not ChangeAction.MODIFY or change.replacement is not Replacement.NEVER


def references(value: object) -> Iterator[tuple[str, bool]]:
    """Yield the names that a value refers to, and whether to an attribute of them."""
    match value:
        case {"Ref": str(name)}:
            yield name, False
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name, True
        case {"Fn::GetAtt": str(path)}:
            yield path.split(".")[0], True
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), _]}:
            for name in _IN_SUB.findall(text):
                yield name.split(".")[0], "." in name
            yield from _inside(value)
        case _:
            yield from _inside(value)


def _inside(value: object) -> Iterator[tuple[str, bool]]:
    inner = value.values() if isinstance(value, Mapping) else value
    if isinstance(inner, Iterable) and not isinstance(inner, str):
        for each in inner:
            yield from references(each)


def _chooses(value: object) -> bool:
    if isinstance(value, Mapping):
        return not {"Fn::If", "Fn::FindInMap"}.isdisjoint(value) or any(
            map(_chooses, value.values())
        )
    return isinstance(value, list) and any(map(_chooses, value))
