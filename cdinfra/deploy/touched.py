"""Which resources get a value that nobody knows yet; pure.

Where an output changes only while the plan is carried out, no change set can be made with
its new value. That something may be replaced is told all the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from cdinfra.deploy.outputs_at_risk import references
from cdinfra.deploy.plan import ChangeAction, PropertyChange, Replacement, ResourceChange


def with_touched(
    resources: Iterable[ResourceChange], document: Mapping[str, Any], parameters: AbstractSet[str]
) -> tuple[ResourceChange, ...]:
    """Return changes, and those of the resources that name one of some parameters.

    Args:
        resources: What is known to change.
        document: The template.
        parameters: Parameters that get another value.
    """
    touched = {each.logical_id: each for each in touched_resources(document, parameters)}
    known = tuple(_joined(each, touched.pop(each.logical_id, None)) for each in resources)
    return (*known, *touched.values())


def _joined(known: ResourceChange, touched: ResourceChange | None) -> ResourceChange:
    if touched is None or known.action is not ChangeAction.MODIFY:
        return known
    paths = {each.path for each in known.properties}
    more = tuple(each for each in touched.properties if each.path not in paths)
    may = touched.replacement if known.replacement is Replacement.NEVER else known.replacement
    return replace(known, properties=(*known.properties, *more), replacement=may)


def touched_resources(
    document: Mapping[str, Any], parameters: AbstractSet[str]
) -> Iterator[ResourceChange]:
    """Yield the resources of a template that name one of some parameters.

    Args:
        document: The template.
        parameters: Parameters that get another value.
    """
    resources: Mapping[str, Any] = document.get("Resources", {})
    for logical_id, definition in resources.items():
        properties = tuple(
            PropertyChange(
                path=f"Properties.{name}",
                before=None,
                after=None,
                replacement=Replacement.CONDITIONAL,
            )
            for name, value in definition.get("Properties", {}).items()
            if not parameters.isdisjoint(each for each, _ in references(value))
        )
        if properties:
            yield ResourceChange(
                logical_id=logical_id,
                resource_type=definition["Type"],
                action=ChangeAction.MODIFY,
                replacement=Replacement.CONDITIONAL,
                properties=properties,
            )
