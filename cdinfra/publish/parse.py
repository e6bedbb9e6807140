"""Reads a manifest back, whoever wrote or edited it: everything wrong in it at once."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import Place, parse_settings
from cdinfra.model.place import place_problems
from cdinfra.publish.manifest import SCHEMA, Manifest, PublishedStack, template_file
from cdinfra.publish.sources import parse_source

_KINDS: Mapping[object, type | tuple[type, ...]] = {
    str: str,
    int: int,
    bool: bool,
    str | None: (str, type(None)),
    tuple[str, ...]: list,
    tuple[PublishedStack, ...]: list,
    tuple[Place, ...]: list,
}
"""What JSON holds for a field's type; every other field is a mapping."""


def parse_manifest(where: str, body: bytes) -> Manifest:
    """Return the manifest that a file holds.

    Args:
        where: The file, for an error.
        body: Its bytes.

    Raises:
        InvalidInputError: It is no manifest, or one of another form.
    """
    try:
        document = json.loads(body)
    except ValueError as error:
        raise InvalidInputError(Problem(path=where, message="is no JSON")) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        hint = f"this cdinfra reads manifests of schema {SCHEMA}"
        raise InvalidInputError(Problem(path=where, message="is no manifest", hint=hint))
    members = {name: value for name, value in document.items() if name != "schema"}
    _check(where, members, Manifest)
    stacks, places = members.pop("stacks"), members.pop("places")
    return Manifest(
        **members,
        places=tuple(_place(f"{where}/places/{index}", each) for index, each in enumerate(places)),
        stacks=tuple(_stack(f"{where}/stacks/{index}", each) for index, each in enumerate(stacks)),
    )


def _stack(where: str, value: object) -> PublishedStack:
    if not isinstance(value, dict):
        raise InvalidInputError(Problem(path=where, message="is no object"))
    _check(where, value, PublishedStack)
    if value["file"] != template_file(value["name"]):
        # A file is never looked for anywhere but beside the manifest.
        message = f"{value['file']!r} is not {template_file(value['name'])!r}"
        raise InvalidInputError(Problem(path=f"{where}/file", message=message))
    sources = {
        name: parse_source(f"{where}/sources/{name}", each)
        for name, each in value["sources"].items()
    }
    lists = {name: tuple(each) for name, each in value.items() if isinstance(each, list)}
    read = {
        "sources": sources,
        "settings": parse_settings(f"{where}/settings", value["settings"]),
        "place": _place(f"{where}/place", value["place"]),
    }
    return PublishedStack(**{**value, **lists, **read})


def _place(where: str, value: object) -> Place:
    if not isinstance(value, dict) or value.keys() != {each.name for each in fields(Place)}:
        raise InvalidInputError(Problem(path=where, message="is no place"))
    place = Place(**value)
    if problems := tuple(place_problems(where, place)):
        raise InvalidInputError(problems)
    return place


def _check(where: str, members: Mapping[str, Any], kind: type) -> None:
    if problems := tuple(_problems(where, members, kind)):
        raise InvalidInputError(problems)


def _problems(where: str, members: Mapping[str, Any], kind: type) -> Iterator[Problem]:
    known = {field.name: field for field in fields(kind)}
    for name in members.keys() - known.keys():
        yield Problem(path=f"{where}/{name}", message="is not known")
    for name, field in known.items():
        expected = _KINDS.get(field.type, dict)
        if name not in members:
            yield Problem(path=f"{where}/{name}", message="is missing")
        elif not isinstance(members[name], expected):
            yield Problem(path=f"{where}/{name}", message="is of the wrong type")
