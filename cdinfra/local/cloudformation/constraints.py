"""Refuses a request whose members break the constraints of the API's own model.

How long a name or a list may be, which characters and which words are allowed: all of it
stands in the service's model, which a client does not check before it sends.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cdinfra.local.cloudformation.api_error import ApiError

SHOWN_CHARACTERS = 256
"""How much of a value that is too long an error shows."""

Shape = Any
"""A shape of botocore's model."""


def constraint_error(value: object, member: str, constraint: str) -> ApiError:
    """Return the refusal of a member that breaks a constraint of the API's model.

    Args:
        value: What was given.
        member: The member, in camel case.
        constraint: What it must be.
    """
    return _refusal([_problem(value, member, constraint)])


def check_members(shape: Shape, given: Mapping[str, Any]) -> None:
    """Refuse a request that misses a member or breaks a constraint; every problem is named.

    Args:
        shape: The model of the call's input.
        given: The request's members.

    Raises:
        ApiError: The request is refused.
    """
    missing = [
        f"Value null at '{_camel(name)}' failed to satisfy constraint: Member must not be null"
        for name in shape.required_members
        if name not in given
    ]
    problems = [*missing, *_problems(shape, given, "")]
    if problems:
        raise _refusal(problems)


def _refusal(problems: list[str]) -> ApiError:
    errors = "validation error" if len(problems) == 1 else "validation errors"
    return ApiError(f"{len(problems)} {errors} detected: {'; '.join(problems)}")


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - any member
    yield from (_problem(value, path, constraint) for constraint in _broken(shape, value))
    match shape.type_name, value:
        case "structure", Mapping():
            for name in value.keys() & shape.members.keys():
                inner = f"{path}.{_camel(name)}".removeprefix(".")
                yield from _problems(shape.members[name], value[name], inner)
        case "list", list() | tuple():
            for item in value:
                yield from _problems(shape.member, item, f"{path}.member")
        case _:
            pass


def _broken(shape: Shape, value: Any) -> Iterator[str]:  # noqa: ANN401 - any member
    """Yield the constraints that a value breaks.

    A text or a list that is too short is left to the call, which says what is missing.
    """
    limits = shape.metadata
    if isinstance(value, str | list | tuple) and len(value) > limits.get("max", len(value)):
        yield f"Member must have length less than or equal to {limits['max']}"
    if isinstance(value, str):
        yield from _broken_text(limits, value)
    if isinstance(value, int):
        if value < limits.get("min", value):
            yield f"Member must have value greater than or equal to {limits['min']}"
        if value > limits.get("max", value):
            yield f"Member must have value less than or equal to {limits['max']}"


def _broken_text(limits: Mapping[str, Any], value: str) -> Iterator[str]:
    if "pattern" in limits and not _matches(limits["pattern"], value):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        # Written for Java, with classes of characters that Python does not know.
        return True


def _problem(value: object, member: str, constraint: str) -> str:
    shown = str(value)[:SHOWN_CHARACTERS]
    return f"Value '{shown}' at '{member}' failed to satisfy constraint: {constraint}"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
