"""Which existing resources a person means, as the command line and a file name them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cdinfra.errors import InvalidInputError, Problem

FORM_HINT = "write LOGICAL_ID=PHYSICAL_ID, or LOGICAL_ID.PROPERTY=VALUE where one is not enough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A resource that shall be imported, before anybody knows what identifies its type.

    Attributes:
        logical_id: Name in the template.
        values: What it is called in AWS, by identifying property; a value that was given
            without a property stands under an empty name.
    """

    logical_id: str
    values: Mapping[str, str]


def parse_wanted(words: Iterable[str]) -> tuple[Wanted, ...]:
    """Parse ``LOGICAL_ID=PHYSICAL_ID`` and ``LOGICAL_ID.PROPERTY=VALUE``.

    Raises:
        InvalidInputError: A word is neither, or says twice what a resource is called.
    """
    found: dict[str, dict[str, str]] = {}
    problems = []
    for word in words:
        name, equals, value = word.partition("=")
        logical_id, dot, key = name.partition(".")
        values = found.setdefault(logical_id, {})
        if not (equals and logical_id and value) or (dot and not key):
            message = "does not say which resource is meant"
            problems.append(Problem(path=word, message=message, hint=FORM_HINT))
        elif key in values:
            message = f"{name} is given already: {values[key]}"
            problems.append(Problem(path=word, message=message))
        else:
            values[key] = value
    if problems:
        raise InvalidInputError(problems)
    return tuple(Wanted(logical_id=name, values=values) for name, values in found.items())


def load_wanted(path: Path) -> tuple[Wanted, ...]:
    """Load a JSON file: an object of ``{"LogicalId": "id"}`` or ``{"LogicalId": {"Property": …}}``.

    Raises:
        InvalidInputError: The file cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problem = Problem(path=str(path), message=f"cannot be read: {error.strerror}")
        raise InvalidInputError(problem) from None
    except ValueError as error:
        raise InvalidInputError(Problem(path=str(path), message=f"is no JSON: {error}")) from None
    if not isinstance(content, dict):
        hint = 'for example {"Bucket": "pictures"}'
        raise InvalidInputError(Problem(path=str(path), message="is no object", hint=hint))
    if problems := tuple(_problems(path, content)):
        raise InvalidInputError(problems)
    return tuple(
        Wanted(logical_id=name, values=value if isinstance(value, dict) else {"": value})
        for name, value in content.items()
    )


def _problems(path: Path, content: Mapping[str, object]) -> Iterator[Problem]:
    for name, value in content.items():
        texts = tuple(value.values()) if isinstance(value, dict) else (value,)
        if not texts or not all(isinstance(each, str) and each for each in texts):
            message = "is neither an id nor an object of identifying properties"
            yield Problem(path=f"{path}: {name}", message=message)


def join_wanted(*parts: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    """Return what several places name together.

    Raises:
        InvalidInputError: Two places name the same resource, or none names any.
    """
    every = [each for part in parts for each in part]
    names = [each.logical_id for each in every]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = "is named on the command line and in the file"
        raise InvalidInputError([Problem(path=name, message=message) for name in twice])
    if not every:
        problem = Problem(path="command line", message="names no resource", hint=FORM_HINT)
        raise InvalidInputError(problem)
    return tuple(every)
