"""Finds the texts in a value of a template, each with where it stands."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

Steps: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys of mappings, and places in lists, counted from 0."""


def strings(value: object, path: Steps = ()) -> Iterator[tuple[Steps, str]]:
    """Yield every string inside a value, with its path."""
    match value:
        case str():
            yield path, value
        case Mapping():
            for key, item in value.items():
                yield from strings(item, (*path, str(key)))
        case list() | tuple():
            for index, item in enumerate(value):
                yield from strings(item, (*path, index))
