"""What a template refers to: that it exists, that nothing goes in circles, in the service's words.

Source of the texts: the service's answers, as quoted in public threads and recorded by
projects that test against it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cdinfra.local.cloudformation import limits
from cdinfra.local.cloudformation.dependencies import needs, resolved_parts
from cdinfra.local.cloudformation.references import (
    PSEUDO_PARAMETERS,
    SUB_VARIABLE,
    Reference,
    condition_references,
    detailed_references,
    function_of,
    references,
    sub_parts,
    walk,
)
from cdinfra.local.cloudformation.schema import is_known_type
from cdinfra.local.cloudformation.template import Template
from cdinfra.model.template_text import TemplateError

FUNCTIONS: Final = frozenset(
    {
        "Condition",
        "Fn::And",
        "Fn::Base64",
        "Fn::Cidr",
        "Fn::Equals",
        "Fn::FindInMap",
        "Fn::GetAZs",
        "Fn::GetAtt",
        "Fn::If",
        "Fn::ImportValue",
        "Fn::Join",
        "Fn::Not",
        "Fn::Or",
        "Fn::Select",
        "Fn::Split",
        "Fn::Sub",
        "Ref",
    }
)
"""The intrinsic functions that are carried; those of Rules and of the transform apart."""

EXTENSION_FUNCTIONS: Final = frozenset({"Fn::Length", "Fn::ToJsonString"})
"""What the transform ``AWS::LanguageExtensions`` adds, beside a default in ``Fn::FindInMap``."""

RULE_FUNCTIONS: Final = frozenset(
    {
        "Fn::And",
        "Fn::Contains",
        "Fn::EachMemberEquals",
        "Fn::EachMemberIn",
        "Fn::Equals",
        "Fn::Not",
        "Fn::Or",
        "Fn::RefAll",
        "Fn::ValueOf",
        "Fn::ValueOfAll",
        "Ref",
    }
)
"""Source: CloudFormation User Guide, "Rule-specific intrinsic functions"."""

_SUB_NAME: Final = re.compile(r"[A-Za-z0-9_.:]+")
_DYNAMIC_REFERENCE: Final = re.compile(r"\{\{resolve:")


def check_template(template: Template) -> None:
    """Check that everything that a template refers to exists, and that nothing goes in circles.

    Raises:
        TemplateError: It does not.
    """
    _check_types(template)
    _check_functions(template)
    _check_conditions(template)
    _check_references(template)
    _check_dependencies(template)


def _check_types(template: Template) -> None:
    unknown = {
        resource.resource_type
        for resource in template.resources.values()
        if resource.resource_type.startswith("AWS::") and not is_known_type(resource.resource_type)
    }
    if unknown:
        raise TemplateError(
            f"Template format error: Unrecognized resource types: [{', '.join(sorted(unknown))}]"
        )


def _check_functions(template: Template) -> None:
    functions = FUNCTIONS | EXTENSION_FUNCTIONS if template.transforms else FUNCTIONS
    for section, allowed in (
        (template.document["Resources"], functions),
        (template.document.get("Outputs", {}), functions),
        (template.conditions, functions),
        (template.rules, RULE_FUNCTIONS),
    ):
        for item in walk(section):
            if isinstance(item, dict):
                _check_function(item, allowed)
    found = len(_DYNAMIC_REFERENCE.findall(template.body))
    if found > limits.DYNAMIC_REFERENCES:
        raise TemplateError(
            f"Template format error: {found} dynamic references are more than the allowed "
            f"{limits.DYNAMIC_REFERENCES}."
        )


def _check_function(item: dict[str, Any], allowed: frozenset[str]) -> None:
    for key in item:
        if key.startswith("Fn::") and (key not in allowed or len(item) > 1):
            raise TemplateError(
                f"Template error: Encountered unsupported function: {key} "
                f"Supported functions are: [{', '.join(sorted(allowed))}]"
            )
    match function_of(item):
        case "Fn::GetAtt", argument if not _is_attribute(argument):
            raise TemplateError(
                "Template error: every Fn::GetAtt object requires two non-empty parameters, "
                "the resource name and the resource attribute"
            )
        case "Fn::Sub", argument:
            _check_sub(argument)
        case "Fn::FindInMap", [_, _, _, *more] if more and "Fn::Length" not in allowed:
            raise TemplateError(
                "Template error: every Fn::FindInMap object requires three parameters, the map "
                "name, map key and the attribute for return value"
            )
        case _:
            pass


def _is_attribute(argument: object) -> bool:
    match argument:
        case [str(name), attribute]:
            return bool(name) and bool(attribute)
        case str(text):
            return all(text.partition("."))
        case _:
            return False


def _check_sub(argument: object) -> None:
    text, variables = sub_parts(argument)
    if not isinstance(argument, str) and (not isinstance(argument, list) or len(argument) != 2):
        raise TemplateError(
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected "
            "arguments. Specify a string as first argument, and an optional second argument to "
            "specify a mapping of values to replace in the string"
        )
    names = [name for name in SUB_VARIABLE.findall(text) if not name.startswith("!")]
    if not all(_SUB_NAME.fullmatch(name.strip()) for name in (*names, *variables)):
        raise TemplateError(
            "Template error: variable names in Fn::Sub syntax must contain only alphanumeric "
            "characters, underscores, periods, and colons"
        )


def _check_conditions(template: Template) -> None:
    known = template.conditions.keys()
    for name, value in template.conditions.items():
        if unknown := sorted(references(value) - template.parameters.keys()):
            raise TemplateError(
                f"Template format error: Unresolved dependencies [{', '.join(unknown)}]. "
                "Cannot reference resources in the Conditions block of the template"
            )
        if unknown := sorted(condition_references(value) - known):
            raise TemplateError(
                f"Template format error: Unresolved condition dependency {unknown[0]} in the "
                f"Conditions block of the template ({name})"
            )
    circle = _circle({name: condition_references(v) for name, v in template.conditions.items()})
    if circle:
        raise TemplateError(
            f"Template error: Found circular condition dependency between [{', '.join(circle)}]"
        )
    _check_condition_uses(template)


def _check_condition_uses(template: Template) -> None:
    for block, entries in (
        ("Resources", template.resources.values()),
        ("Outputs", template.outputs.values()),
    ):
        for entry in entries:
            if entry.condition is not None and entry.condition not in template.conditions:
                raise TemplateError(
                    f"Template format error: Unresolved condition dependencies [{entry.condition}] "
                    f"in the {block} block of the template"
                )
        for item in walk(template.document.get(block, {})):
            match function_of(item):
                case "Fn::If", [str(name), *_] if name not in template.conditions:
                    raise TemplateError(
                        f"Template error: unresolved condition dependency {name} in Fn::If"
                    )
                case _:
                    pass


def _check_references(template: Template) -> None:
    unresolved = set[str]()
    for resource in template.resources.values():
        unresolved |= set(resource.depends_on) - template.resources.keys()
        unresolved |= _unresolved(template, resolved_parts(resource))
    if unresolved:
        raise TemplateError(
            f"Template format error: Unresolved resource dependencies "
            f"[{', '.join(sorted(unresolved))}] in the Resources block of the template"
        )
    for output in template.outputs.values():
        unresolved |= _unresolved(template, [output.value, output.export_name])
    if unresolved:
        raise TemplateError(
            f"Unresolved resource dependencies [{', '.join(sorted(unresolved))}] in the Outputs "
            "block of the template"
        )


def _unresolved(template: Template, value: object) -> set[str]:
    return {
        reference.name
        for reference in detailed_references(value)
        if not _exists(template, reference)
    }


def _exists(template: Template, reference: Reference) -> bool:
    if reference.name in template.resources:
        return True
    if reference.attribute:
        return False
    return reference.name in template.parameters or reference.name in PSEUDO_PARAMETERS


def _check_dependencies(template: Template) -> None:
    graph = {
        name: needs(resource) & template.resources.keys()
        for name, resource in template.resources.items()
    }
    if circle := _circle(graph):
        raise TemplateError(f"Circular dependency between resources: [{', '.join(circle)}]")


def _circle(graph: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return the names that stand in circles, or need one that does; in the graph's order."""
    waiting = {name: set(needs) for name, needs in graph.items()}
    while ready := {name for name, needs in waiting.items() if not needs}:
        waiting = {name: needs - ready for name, needs in waiting.items() if name not in ready}
    # What only hangs on a circle from outside is no part of it.
    while free := waiting.keys() - {need for needs in waiting.values() for need in needs}:
        waiting = {name: needs for name, needs in waiting.items() if name not in free}
    return tuple(waiting)
