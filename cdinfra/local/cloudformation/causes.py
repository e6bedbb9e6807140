"""Why a property changes: edited in the template, or following a parameter or a resource.

A change that follows something is reported as the service reports it: once as a
``DirectModification`` that is ``Dynamic``, and once more with its cause.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cdinfra.local.cloudformation.differences import ChangeSource, PropertyChange, shown
from cdinfra.local.cloudformation.functions import UNKNOWN, IntrinsicError
from cdinfra.local.cloudformation.intrinsics import MASK, Resolver
from cdinfra.local.cloudformation.references import (
    Reference,
    condition_references,
    detailed_references,
    function_of,
    references,
)
from cdinfra.local.cloudformation.template import ResourceDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """What has changed so far, as the resources that follow see it.

    Attributes:
        old: Resolves the stack as it is.
        new: Resolves the stack as it would be.
        changed: Attributes that an in-place change renews, by logical id; filled on the way.
        replaced: Resources that are made anew; filled on the way.
    """

    old: Resolver
    new: Resolver
    changed: dict[str, frozenset[str]]
    replaced: set[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cause:
    source: ChangeSource
    entity: str


def with_causes(
    causes: Causes,
    before: ResourceDefinition,
    after: ResourceDefinition,
    changes: tuple[PropertyChange, ...],
) -> tuple[PropertyChange, ...]:
    """Return the changes of a resource's properties with their causes, and without secrets."""
    details: list[PropertyChange] = []
    for change in changes:
        raw_before = _descend(before.properties, change.path)
        raw_after = _descend(after.properties, change.path)
        raw = raw_before if change.change_type == "Remove" else raw_after
        masked = replace(
            change,
            before=_masked(causes.old, raw_before, change.path, change.before),
            after=_masked(causes.new, raw_after, change.path, change.after),
        )
        details += _explained(masked, tuple(dict.fromkeys(_causes_of(causes, raw))), causes)
    return tuple(details)


def _explained(
    change: PropertyChange, found: tuple[_Cause, ...], causes: Causes
) -> Iterator[PropertyChange]:
    if not found:
        yield change
        return
    yield replace(change, evaluation="Dynamic")
    for cause in found:
        yield replace(
            change,
            evaluation="Dynamic" if _is_renewed(cause, causes) and _unknown(change) else "Static",
            change_source=cause.source,
            causing_entity=cause.entity,
        )


def _is_renewed(cause: _Cause, causes: Causes) -> bool:
    """Return whether a cause is an attribute of a resource that stays, only changed."""
    name, _, attribute = cause.entity.partition(".")
    return bool(attribute) and name not in causes.replaced


def _unknown(change: PropertyChange) -> bool:
    return change.after == UNKNOWN


def _causes_of(causes: Causes, raw: Any) -> Iterator[_Cause]:  # noqa: ANN401 - any value of a template
    found = detailed_references(raw)
    for reference in sorted(found, key=lambda item: (item.name, item.attribute)):
        if reference.name in causes.new.scope.parameters:
            yield from _parameter_cause(causes, reference.name)
        else:
            yield from _resource_cause(causes, reference)
    for name in sorted(condition_references(raw)):
        if _condition_changed(causes, name):
            for parameter in sorted(_parameters_of(causes.new, name)):
                yield from _parameter_cause(causes, parameter)


def _parameter_cause(causes: Causes, name: str) -> Iterator[_Cause]:
    before = causes.old.scope.parameters.get(name)
    after = causes.new.scope.parameters[name]
    if before is None or before.in_template != after.in_template:
        yield _Cause(source="ParameterReference", entity=name)


def _resource_cause(causes: Causes, reference: Reference) -> Iterator[_Cause]:
    name, attribute = reference.name, reference.attribute
    if name in causes.replaced and not attribute:
        yield _Cause(source="ResourceReference", entity=name)
    elif attribute and (
        name in causes.replaced or attribute in causes.changed.get(name, frozenset())
    ):
        yield _Cause(source="ResourceAttribute", entity=f"{name}.{attribute}")


def _condition_changed(causes: Causes, name: str) -> bool:
    if name not in causes.old.template.conditions:
        return False
    return causes.old.condition(name) != causes.new.condition(name)


def _parameters_of(resolver: Resolver, condition: str) -> frozenset[str]:
    raw = resolver.template.conditions[condition]
    named = references(raw) & resolver.scope.parameters.keys()
    for other in condition_references(raw):
        named |= _parameters_of(resolver, other)
    return named


def _descend(raw: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - any value of a template
    """Follow a path through what is plain in the template, as far as that goes."""
    for step in path:
        if isinstance(raw, Mapping) and function_of(raw) is None:
            raw = raw.get(step)
        elif isinstance(raw, list) and not any(function_of(item) for item in raw):
            raw = raw[int(step)] if int(step) < len(raw) else None
        else:
            return raw
    return raw


def _masked(
    resolver: Resolver,
    raw: Any,  # noqa: ANN401 - any value of a template
    path: tuple[str, ...],
    value: str | None,
) -> str | None:
    if value in (None, UNKNOWN) or not resolver.is_secret(raw):
        return value
    if any(step.isdigit() for step in path):
        # The two sides of a list can count differently: better no value than another's.
        return MASK
    try:
        return shown(resolver.masked().show(raw))
    except IntrinsicError:
        return MASK
