"""In which order the resources of a template are made."""

from collections.abc import Collection, Mapping
from typing import Any

from cdinfra.local.cloudformation.references import references
from cdinfra.local.cloudformation.template import ResourceDefinition, Template


def dependency_order(template: Template, active: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Return, for each active resource, the active ones that must be there before it.

    Args:
        template: Whose resources.
        active: Logical ids of the resources that the stack has.
    """
    return {
        name: needs(resource) & frozenset(active)
        for name, resource in template.resources.items()
        if name in active
    }


def needs(resource: ResourceDefinition) -> frozenset[str]:
    """Return what a resource refers to or waits for: logical ids, and names of parameters."""
    return references(resolved_parts(resource)) | frozenset(resource.depends_on)


def resolved_parts(resource: ResourceDefinition) -> list[Any]:
    """Return the parts of a resource in which functions are resolved."""
    return [
        resource.properties,
        resource.metadata,
        resource.creation_policy,
        resource.update_policy,
    ]
