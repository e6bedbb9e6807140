"""Finds in a template's values what refers to what, by functions and by conditions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

SUB_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
"""One ``${…}`` of a ``Fn::Sub`` text; ``${!…}`` is an escape, not a variable."""

PSEUDO_PARAMETERS: Final = frozenset(
    {
        "AWS::AccountId",
        "AWS::NoValue",
        "AWS::NotificationARNs",
        "AWS::Partition",
        "AWS::Region",
        "AWS::StackId",
        "AWS::StackName",
        "AWS::URLSuffix",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One place that refers to a resource or parameter.

    Attributes:
        name: Logical id, parameter or pseudo parameter.
        attribute: Attribute of a ``Fn::GetAtt``; empty for a ``Ref``.
    """

    name: str
    attribute: str = ""


def function_of(value: object) -> tuple[str, Any] | None:
    """Return the name and the argument where the value is one intrinsic function, else None."""
    if isinstance(value, dict) and len(value) == 1:
        name, argument = next(iter(value.items()))
        if name in ("Ref", "Condition") and isinstance(argument, str):
            return name, argument
        if name.startswith("Fn::"):
            return name, argument
    return None


def walk(value: object) -> Iterator[object]:
    """Yield the value and everything inside it."""
    yield value
    if isinstance(value, dict):
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def detailed_references(value: object) -> frozenset[Reference]:
    """Return every reference inside a value, with the attribute that it asks for."""
    return frozenset(reference for item in walk(value) for reference in _references_of(item))


def references(value: object) -> frozenset[str]:
    """Return the names that a value refers to by ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub``.

    Pseudo parameters are left out; parameters are in.
    """
    names = {reference.name for reference in detailed_references(value)}
    return frozenset(names) - PSEUDO_PARAMETERS


def condition_references(value: object) -> frozenset[str]:
    """Return the names of the conditions that a value's ``Fn::If`` and ``Condition`` ask."""
    names: set[str] = set()
    for item in walk(value):
        match function_of(item):
            case "Fn::If", [str(name), *_]:
                names.add(name)
            case "Condition", str(name):
                names.add(name)
            case _:
                pass
    return frozenset(names)


def sub_parts(argument: object) -> tuple[str, dict[str, Any]]:
    """Return the text of a ``Fn::Sub`` and its own variables, from either of its forms."""
    match argument:
        case str(text):
            return text, {}
        case [str(text), dict(variables)]:
            return text, variables
        case _:
            return "", {}


def _references_of(item: object) -> Iterator[Reference]:
    match function_of(item):
        case "Ref", str(name):
            yield Reference(name=name)
        case "Fn::GetAtt", [str(name), attribute, *_]:
            yield Reference(name=name, attribute=attribute if isinstance(attribute, str) else "?")
        case "Fn::GetAtt", str(text):
            name, _, attribute = text.partition(".")
            yield Reference(name=name, attribute=attribute or "?")
        case "Fn::Sub", argument:
            text, variables = sub_parts(argument)
            for variable in SUB_VARIABLE.findall(text):
                if not variable.startswith("!") and variable.strip() not in variables:
                    name, _, attribute = variable.strip().partition(".")
                    yield Reference(name=name, attribute=attribute)
        case _:
            pass
