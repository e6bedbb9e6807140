"""What can be seen to fail before anything is made: types, properties and values not carried."""

from collections.abc import Iterable, Mapping

from cdinfra.local.cloudformation.functions import IntrinsicError
from cdinfra.local.cloudformation.intrinsics import Resolver
from cdinfra.local.cloudformation.property_checks import validate_properties, validation_reason
from cdinfra.local.cloudformation.schema import load_schema
from cdinfra.local.cloudformation.template import ResourceDefinition
from cdinfra.local.resources.contract import Properties, ResourceType


def check_resource(
    definition: ResourceDefinition, properties: Properties, types: Mapping[str, ResourceType]
) -> tuple[str, ...]:
    """Return why a resource cannot be made here; empty where nothing is known to speak against it.

    Args:
        definition: How the template defines it.
        properties: Its properties, resolved as far as they can be yet.
        types: The types that are carried.
    """
    carried = types.get(definition.resource_type)
    if carried is None:
        return (f"the local cloud does not carry {definition.resource_type}",)
    schema = load_schema(definition.resource_type)
    wrong = validate_properties(schema, properties) if schema else ()
    found = [validation_reason(definition.logical_id, wrong)] if wrong else []
    extra = sorted(properties.keys() - carried.carried)
    if extra and not wrong:
        names = f"{'property' if len(extra) == 1 else 'properties'} {', '.join(extra)}"
        found.append(f"the local cloud does not carry the {names} of {definition.resource_type}")
    return tuple(found)


def check_resources(
    definitions: Iterable[ResourceDefinition],
    resolver: Resolver,
    types: Mapping[str, ResourceType],
) -> dict[str, str]:
    """Return the reasons against each resource that cannot be made, by logical id.

    Args:
        definitions: The resources.
        resolver: Resolves their properties.
        types: The types that are carried.
    """
    reasons: dict[str, str] = {}
    for definition in definitions:
        try:
            properties = resolver.shown_properties(definition.logical_id)
        except IntrinsicError as error:
            reasons[definition.logical_id] = error.message
            continue
        found = check_resource(definition, properties, types)
        if found:
            reasons[definition.logical_id] = "; ".join(found)
    return reasons
