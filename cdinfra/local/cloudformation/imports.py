"""Which existing resources a change set takes into a stack, checked before anything is done."""

from collections.abc import Collection, Mapping
from typing import Any

from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.change_set import ResourceToImport
from cdinfra.local.cloudformation.comparison import Comparison
from cdinfra.local.cloudformation.schema import load_schema
from cdinfra.local.cloudformation.submission import Given
from cdinfra.local.cloudformation.template import Template


def read_imports(
    given: Given, template: Template, existing: Collection[str]
) -> tuple[ResourceToImport, ...]:
    """Return the resources that a request wants to import.

    Args:
        given: The request; ``ResourcesToImport``.
        template: The template that defines them.
        existing: Logical ids that the stack has already.

    Raises:
        ApiError: There are none, or one cannot be imported; every problem is named.
    """
    entries = given.get("ResourcesToImport", ())
    if not entries:
        raise ApiError("ResourcesToImport must be specified for a change set of the type IMPORT.")
    problems = [problem for one in entries for problem in _problems(one, template, existing)]
    if problems:
        raise ApiError("; ".join(problems))
    return tuple(
        ResourceToImport(
            logical_id=one["LogicalResourceId"],
            resource_type=one["ResourceType"],
            physical_id="|".join(
                str(one["ResourceIdentifier"][name]) for name in _identifier(one["ResourceType"])
            ),
        )
        for one in entries
    )


def check_imports_only(comparison: Comparison, imports: tuple[ResourceToImport, ...]) -> None:
    """Refuse an import that would do anything else besides.

    Args:
        comparison: All that would change.
        imports: What is imported.

    Raises:
        ApiError: Something else would change.
    """
    imported = {one.logical_id for one in imports}
    others = [one.logical_id for one in comparison.changes if one.logical_id not in imported]
    if comparison.outputs:
        others.append("Outputs")
    if others:
        raise ApiError(
            f"As part of the import operation, you cannot modify or add [{', '.join(others)}]"
        )


def _problems(entry: Mapping[str, Any], template: Template, existing: Collection[str]) -> list[str]:
    logical_id = str(entry.get("LogicalResourceId", ""))
    definition = template.resources.get(logical_id)
    if definition is None:
        return [f"Resource [{logical_id}] to import is not in the template"]
    problems: list[str] = []
    if logical_id in existing:
        problems.append(f"Resource [{logical_id}] to import is in the stack already")
    if definition.resource_type != entry.get("ResourceType"):
        problems.append(f"Resource [{logical_id}] to import is a {definition.resource_type}")
    if "DeletionPolicy" not in template.document["Resources"][logical_id]:
        problems.append(f"Resource [{logical_id}] to import must have a DeletionPolicy")
    wanted = _identifier(definition.resource_type)
    if set(entry.get("ResourceIdentifier", {})) != set(wanted):
        problems.append(
            f"Resource [{logical_id}] to import must be identified by [{', '.join(wanted)}]"
        )
    return problems


def _identifier(resource_type: str) -> tuple[str, ...]:
    schema = load_schema(resource_type)
    return tuple("/".join(one) for one in schema.primary_identifier) if schema else ()
