"""What an update would change, resource by resource, as ``DescribeChangeSet`` shows it.

The new template is resolved in the order of its dependencies: a resource that is made or
replaced is unknown to those that refer to it, so they change too, and may be replaced in turn.
Two deliberate differences to the service: a resource that is only changed in place does not
touch those that refer to it, except through an attribute that the change renews; and one whose
replacement is ``Conditional`` counts as kept. Both avoid changes that would turn out to be none.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cdinfra.local.cloudformation.causes import Causes, with_causes
from cdinfra.local.cloudformation.dependencies import dependency_order
from cdinfra.local.cloudformation.differences import (
    Attribute,
    PropertyChange,
    property_diff,
    replaces,
    shown,
    texts,
)
from cdinfra.local.cloudformation.events import STACK_TYPE
from cdinfra.local.cloudformation.functions import UNKNOWN, IntrinsicError
from cdinfra.local.cloudformation.intrinsics import MASK, Resolver
from cdinfra.local.cloudformation.schema import load_schema
from cdinfra.local.cloudformation.stack_tags import with_stack_tags
from cdinfra.local.cloudformation.template import ResourceDefinition, Template, TemplateError
from cdinfra.local.resources.contract import Resource

_ATTRIBUTES: Final[tuple[Attribute, ...]] = (
    "Metadata",
    "CreationPolicy",
    "UpdatePolicy",
    "DeletionPolicy",
    "UpdateReplacePolicy",
)

NESTED_CHANGE: Final = PropertyChange(
    path=(),
    before=None,
    after=None,
    change_type="Modify",
    evaluation="Dynamic",
    change_source="Automatic",
)
"""What every change set says of a nested stack: what stands at its address may have changed.

Source: CloudFormation API Reference, "ResourceChangeDetail", ``ChangeSource``.
"""

_CHANGE_NAMES: Final = {"Delete": "ReplaceAndDelete", "Snapshot": "ReplaceAndSnapshot"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StackView:
    """A stack as it is, or as it would be.

    Attributes:
        template: Its template.
        resolver: Resolves the template with the stack's parameters. For the stack as it is,
            over its resources; for the one that would be, the resources do not matter.
        tags: The stack's tags.
    """

    template: Template
    resolver: Resolver
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange:
    """What happens to one resource.

    Attributes:
        physical_id: None for a resource that is added.
        replacement: None for a resource that is added or removed.
        policy_action: What becomes of the old physical resource, if anything.
        scope: Parts of the resource that change.
        details: The single changes; one value can have several, each with its own cause.
        before_context: JSON of the resource as it is; None for one that is added.
        after_context: JSON of the resource as it would be; None for one that is removed.
    """

    action: Literal["Add", "Modify", "Remove"]
    logical_id: str
    physical_id: str | None
    resource_type: str
    replacement: Literal["True", "False", "Conditional"] | None = None
    policy_action: str | None = None
    scope: tuple[str, ...] = ()
    details: tuple[PropertyChange, ...] = ()
    before_context: str | None = None
    after_context: str | None = None


def resource_changes(
    old: StackView | None, new: StackView, existing: Mapping[str, Resource]
) -> tuple[ResourceChange, ...]:
    """Return what happens to each resource that an update touches, by logical id.

    Args:
        old: The stack as it is; None where there is none yet.
        new: The stack as it would be.
        existing: Its resources, by logical id.

    Raises:
        TemplateError: A resource changes its type.
        IntrinsicError: The new template cannot be resolved.
    """
    if old is None:
        old, existing = new, {}
    comparison = _Comparison(old=old, new=new, existing=existing)
    changes = [*comparison.modified(), *comparison.removed()]
    return tuple(sorted(changes, key=lambda change: change.logical_id))


class _Comparison:
    """One walk through a new template, in the order of its dependencies."""

    def __init__(self, *, old: StackView, new: StackView, existing: Mapping[str, Resource]) -> None:
        self._old = old
        self._new = new
        self._existing = existing
        self._after: dict[str, Resource | None] = {}
        self._resolver = new.resolver.with_resources(self._after.get)
        self._causes = Causes(old=old.resolver, new=self._resolver, changed={}, replaced=set())

    def modified(self) -> Iterator[ResourceChange]:
        active = self._resolver.active
        self._refuse_other_types(active)
        for logical_id in in_order(dependency_order(self._new.template, active)):
            definition = self._new.template.resources[logical_id]
            if self._is_there(logical_id):
                change = self._modify(definition)
            else:
                change = self._add(definition)
            if change is not None:
                yield change

    def removed(self) -> Iterator[ResourceChange]:
        for logical_id, resource in self._existing.items():
            if logical_id in self._resolver.active:
                continue
            definition = self._old.template.resources.get(logical_id)
            if definition is None:
                continue
            yield ResourceChange(
                action="Remove",
                logical_id=logical_id,
                physical_id=resource.physical_id,
                resource_type=definition.resource_type,
                policy_action=_kept(definition.deletion_policy),
                before_context=_context(self._old, self._old.resolver, definition),
            )

    def _is_there(self, logical_id: str) -> bool:
        return logical_id in self._existing and logical_id in self._old.template.resources

    def _refuse_other_types(self, active: tuple[str, ...]) -> None:
        changed = [
            name
            for name in active
            if self._is_there(name)
            and self._old.template.resources[name].resource_type
            != self._new.template.resources[name].resource_type
        ]
        if changed:
            raise TemplateError(
                "Update of resource type is not permitted. The new template modifies resource "
                f"type of the following resources: [{', '.join(changed)}]"
            )

    def _add(self, definition: ResourceDefinition) -> ResourceChange:
        self._after[definition.logical_id] = None
        self._causes.replaced.add(definition.logical_id)
        return ResourceChange(
            action="Add",
            logical_id=definition.logical_id,
            physical_id=None,
            resource_type=definition.resource_type,
            after_context=_context(self._new, self._resolver, definition),
        )

    def _modify(self, definition: ResourceDefinition) -> ResourceChange | None:
        old, logical_id = self._old, definition.logical_id
        before = old.template.resources[logical_id]
        schema = load_schema(definition.resource_type)
        after_properties = self._resolver.shown_properties(logical_id)
        differences = property_diff(
            schema,
            with_stack_tags(schema, old.resolver.shown_properties(logical_id), old.tags),
            with_stack_tags(schema, after_properties, self._new.tags),
        )
        details = with_causes(self._causes, before, definition, differences)
        details += self._attribute_changes(before, definition)
        if not details and definition.resource_type == STACK_TYPE:
            details = (NESTED_CHANGE,)
        replacement = _replacement(details)
        self._follow(definition, differences, after_properties, replaced=replacement == "True")
        if not details:
            return None
        return ResourceChange(
            action="Modify",
            logical_id=logical_id,
            physical_id=self._existing[logical_id].physical_id,
            resource_type=definition.resource_type,
            replacement=replacement,
            policy_action=_CHANGE_NAMES.get(definition.update_replace_policy, "ReplaceAndRetain")
            if replacement == "True"
            else None,
            scope=tuple(sorted({detail.attribute for detail in details})),
            details=details,
            before_context=_context(old, old.resolver, before),
            after_context=_context(self._new, self._resolver, definition),
        )

    def _follow(
        self,
        definition: ResourceDefinition,
        differences: tuple[PropertyChange, ...],
        properties: Mapping[str, Any],
        *,
        replaced: bool,
    ) -> None:
        """Note what those that refer to this resource will find."""
        logical_id = definition.logical_id
        resource = self._existing[logical_id]
        if replaced:
            self._after[logical_id] = None
            self._causes.replaced.add(logical_id)
            return
        names = {change.path[0] for change in differences}
        renewed: dict[str, Any] = {
            name: UNKNOWN
            if self._resolver.is_secret(definition.properties.get(name))
            else properties.get(name)
            for name in names & resource.attributes.keys()
        }
        if any(change.attribute == "Properties" for change in differences):
            schema = load_schema(definition.resource_type)
            read_only = {"/".join(item) for item in schema.read_only} if schema else set()
            renewed |= {
                name: UNKNOWN
                for name in resource.attributes.keys() & read_only
                if name.endswith("VersionNumber")
            }
        if definition.resource_type == STACK_TYPE and differences:
            renewed |= dict.fromkeys(resource.attributes, UNKNOWN)
        if renewed:
            self._causes.changed[logical_id] = frozenset(renewed)
        self._after[logical_id] = Resource(
            physical_id=resource.physical_id, attributes={**resource.attributes, **renewed}
        )

    def _attribute_changes(
        self, before: ResourceDefinition, after: ResourceDefinition
    ) -> tuple[PropertyChange, ...]:
        changes: list[PropertyChange] = []
        for attribute in _ATTRIBUTES:
            left = _attribute(self._old.resolver, before, attribute)
            right = _attribute(self._resolver, after, attribute)
            if texts(left) != texts(right):
                changes.append(
                    PropertyChange(
                        path=(),
                        before=shown(left) if left else None,
                        after=shown(right) if right else None,
                        change_type="Modify" if left and right else "Add" if right else "Remove",
                        attribute=attribute,
                    )
                )
        return tuple(changes)


def in_order(graph: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return the keys of a graph without circles, each after all that it needs."""
    done: dict[str, None] = {}
    waiting = dict(graph)
    while ready := [name for name, needed in waiting.items() if needed <= done.keys()]:
        for name in ready:
            done[name] = None
            del waiting[name]
    return tuple(done)


def _replacement(
    details: tuple[PropertyChange, ...],
) -> Literal["True", "False", "Conditional"]:
    static = [detail for detail in details if detail.evaluation == "Static"]
    if replaces(tuple(static)):
        return "True"
    if any(detail.requires_recreation != "Never" for detail in details):
        return "Conditional"
    return "False"


def _kept(policy: str) -> str:
    return policy if policy in ("Delete", "Snapshot") else "Retain"


def _attribute(resolver: Resolver, definition: ResourceDefinition, attribute: Attribute) -> Any:  # noqa: ANN401 - a text or an object
    raw = resolver.template.document["Resources"].get(definition.logical_id, {})
    return resolver.masked().show(raw[attribute]) if attribute in raw else ""


def _context(view: StackView, resolver: Resolver, definition: ResourceDefinition) -> str:
    """Return the JSON of a resource, with stack tags and without secrets."""
    schema = load_schema(definition.resource_type)
    try:
        properties = resolver.masked().shown_properties(definition.logical_id)
    except IntrinsicError:
        # The mask itself can be what cannot be resolved: the second of its parts, say.
        properties = dict.fromkeys(definition.properties, MASK)
    context: dict[str, Any] = {"Properties": with_stack_tags(schema, properties, view.tags)}
    for attribute in _ATTRIBUTES:
        if value := _attribute(resolver, definition, attribute):
            context[attribute] = value
    return json.dumps(texts(context), separators=(",", ":"))
