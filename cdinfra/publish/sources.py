"""Where a parameter's value comes from, as JSON: every kind of source there and back."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, get_args

from cdinfra.deploy.plain import kind_name
from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model import ParameterSource

KINDS: Mapping[str, type] = {kind_name(kind): kind for kind in get_args(ParameterSource)}
"""Each kind of source by the name it has in JSON: ``output_reference``."""

_NAMES = {kind: name for name, kind in KINDS.items()}


def source_object(source: ParameterSource) -> dict[str, Any]:
    """Return a source as a JSON object whose ``kind`` says what it is."""
    return {"kind": _NAMES[type(source)], **asdict(source)}


def parse_source(path: str, value: object) -> ParameterSource:
    """Return the source that a JSON object describes.

    Args:
        path: Where it stands, for an error.
        value: The object.

    Raises:
        InvalidInputError: It describes none.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        raise InvalidInputError(Problem(path=path, message="is no source of a parameter"))
    members = dict(value)
    name = members.pop("kind")
    if name not in KINDS:
        hint = nearest(name, KINDS)
        problem = Problem(path=f"{path}/kind", message=f"{name!r} is none", hint=hint)
        raise InvalidInputError(problem)
    kind = KINDS[name]
    expected = {field.name for field in fields(kind)}
    if members.keys() != expected:
        wrong = ", ".join(sorted(members.keys() ^ expected))
        message = f"has other members than a {name}: {wrong}"
        raise InvalidInputError(Problem(path=path, message=message))
    source: ParameterSource = kind(**members)
    return source
