"""Names of apps, environments and stacks, and the CloudFormation names made of them."""

import re
from collections.abc import Mapping

from cdinfra.errors import InvalidInputError, Problem

NAME_PATTERN = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Lower-case words joined by single hyphens: valid inside every AWS name we make."""

NAME_MAX_LENGTH = 32
"""Longest name of an app, environment or stack, so that the three together always fit.

A stack name has at most 128 characters, and three names with two hyphens 98.
Source: CreateStack, parameter StackName.
"""

TAG_KEY_PATTERN = re.compile(r"[A-Za-z0-9+\-=.,_:@]{1,128}")
"""Tag keys that instance metadata can show.

With ``InstanceMetadataTags`` on, a key with a space or a slash makes the launch fail.
Source: EC2 user guide, "View tags for your EC2 instances using instance metadata".
"""

TAG_VALUE_MAX_LENGTH = 256
"""Source: EC2 user guide, "Tag restrictions"."""


def name_problems(path: str, name: object) -> tuple[Problem, ...]:
    """Return what is wrong with the name of an app, environment or stack."""
    if not isinstance(name, str):
        return (Problem(path=path, message=f"{name!r} is not a string"),)
    if len(name) > NAME_MAX_LENGTH:
        return (
            Problem(
                path=path,
                message=f"{name!r} has {len(name)} characters",
                hint=f"at most {NAME_MAX_LENGTH}",
            ),
        )
    if not NAME_PATTERN.fullmatch(name):
        return (
            Problem(
                path=path,
                message=f"{name!r} is not a valid name",
                hint="lower-case letters, digits and single hyphens, starting with a letter",
            ),
        )
    return ()


def check_name(path: str, name: str) -> str:
    """Return ``name`` if it can name an app, an environment or a stack.

    Raises:
        InvalidInputError: It cannot.
    """
    if problems := name_problems(path, name):
        raise InvalidInputError(problems)
    return name


def tag_problems(path: str, tags: Mapping[str, str]) -> tuple[Problem, ...]:
    """Return what is wrong with tags that instances will carry and show in their metadata."""
    problems = []
    for key, value in tags.items():
        where = f"{path}/{key}"
        if not isinstance(key, str) or not TAG_KEY_PATTERN.fullmatch(key):
            hint = "letters, digits and + - = . , _ : @, at most 128"
            problems.append(
                Problem(path=where, message="is no key for a tag of an instance", hint=hint)
            )
        elif key.lower().startswith(("aws:", "cdinfra:")):
            problems.append(Problem(path=where, message="aws: and cdinfra: are reserved prefixes"))
        if not isinstance(value, str) or len(value) > TAG_VALUE_MAX_LENGTH:
            hint = f"a string of at most {TAG_VALUE_MAX_LENGTH} characters"
            problems.append(Problem(path=where, message="has no valid value", hint=hint))
    return tuple(problems)
