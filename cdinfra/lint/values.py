"""Reads values of templates, where every value may be a function that only a stack can answer.

What cannot be known from the template alone is no finding: a rule asks :func:`choices` for
the values that a property can have, and leaves those that are functions alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from cdinfra.model.strings import Steps

NO_VALUE = {"Ref": "AWS::NoValue"}


def choices(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any value of a template
    """Yield what a value can be: both branches of ``Fn::If``, None for ``AWS::NoValue``."""
    match value:
        case {"Fn::If": [_, when, otherwise]}:
            yield from choices(when)
            yield from choices(otherwise)
        case {"Ref": "AWS::NoValue"}:
            yield None
        case _:
            yield value


def is_function(value: object) -> bool:
    """Whether a value is a function, whose outcome the template does not tell."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    key = next(iter(value))
    return key in ("Ref", "Condition") or str(key).startswith("Fn::")


def is_true(value: object) -> bool:
    """Whether a value is true, as CloudFormation reads it: a boolean or its name."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def is_false(value: object) -> bool:
    """Whether a value is false, as CloudFormation reads it."""
    return value is False or (isinstance(value, str) and value.lower() == "false")


def may_lack(value: object) -> bool:
    """Whether a setting that must be true may be false or missing."""
    return any(not is_true(each) and not is_function(each) for each in choices(value))


def listed(value: Any) -> Iterator[tuple[int, Any]]:  # noqa: ANN401 - any value of a template
    """Yield the elements of a list, or a single value, with their index."""
    for every in choices(value):
        members = every if isinstance(every, list) else [every] if every is not None else []
        for index, member in enumerate(members):
            for each in choices(member):
                if each is not None:
                    yield index, each


def texts(value: object) -> frozenset[str]:
    """Return the strings in a list, or a single string."""
    return frozenset(each for _, each in listed(value) if isinstance(each, str))


def mapping(value: object) -> Mapping[str, Any]:
    """Return a value if it is a mapping that is no function; empty otherwise."""
    return value if isinstance(value, dict) and not is_function(value) else {}


def rendered(value: object) -> str | None:
    """Return the text that a value comes to, with ``${Name}`` for what only a stack knows."""
    text: str | None = None
    match value:
        case str():
            text = value
        case {"Fn::Sub": str(pattern)} | {"Fn::Sub": [str(pattern), _]}:
            text = pattern
        case {"Fn::Join": [str(delimiter), list(members)]}:
            text = delimiter.join(rendered(member) or "" for member in members)
        case {"Ref": str(name)} | {"Fn::GetAtt": str(name)}:
            text = f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            text = f"${{{name}.{attribute}}}"
        case bool() | int() | float():
            text = str(value)
    return text


def mappings(value: object, path: Steps = ()) -> Iterator[tuple[Steps, Mapping[str, Any]]]:
    """Yield every mapping inside a value, the outer ones first, with its path."""
    match value:
        case dict():
            yield path, value
            for key, item in value.items():
                yield from mappings(item, (*path, str(key)))
        case list():
            for index, item in enumerate(value):
                yield from mappings(item, (*path, index))


def reaches(document: Mapping[str, Any], *keys: str) -> Any:  # noqa: ANN401 - any value
    """Return what stands below some keys; None where one is missing."""
    value: Any = document
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
