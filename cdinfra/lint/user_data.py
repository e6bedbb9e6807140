"""Finds the user data in a template and reads it as cloud-init would."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import yaml

from cdinfra.cloudinit.reading import NAMELESS, ReadPart, from_base64, read_parts, unzipped
from cdinfra.lint.finding import Path
from cdinfra.lint.template import Resource, Template
from cdinfra.lint.values import choices, reaches, rendered

CONFIG: Final = "text/cloud-config"

_PLACES: Final = {
    "AWS::AutoScaling::LaunchConfiguration": ("UserData",),
    "AWS::EC2::Instance": ("UserData",),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateData", "UserData"),
}

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUserData:
    """User data of one resource.

    Attributes:
        resource: Whose it is.
        path: Where below the resource.
        size: Its bytes as EC2 counts them; None where references make part of it.
        parts: Its documents; references stand in them as ``${Name}``.
    """

    resource: Resource
    path: Path
    size: int | None
    parts: tuple[ReadPart, ...]

    @property
    def cloud_configs(self) -> tuple[ReadPart, ...]:
        """Its cloud-config documents, if they are known to the last byte."""
        if self.size is None:
            return ()
        return tuple(part for part in self.parts if part.content_type == CONFIG and part.text)


def user_data_of(template: Template) -> Iterator[FoundUserData]:
    """Yield the user data in a template, as far as the template tells it."""
    for resource in template.resources(*_PLACES):
        keys = _PLACES[resource.type]
        for value in choices(reaches(resource.properties, *keys)):
            found = _read(value)
            if found is not None:
                size, parts = found
                yield FoundUserData(
                    resource=resource, path=("Properties", *keys), size=size, parts=parts
                )


def name_of(part: ReadPart) -> str:
    """Return what a message calls a document: by its name, where it has one."""
    return f"{part.file_name} of its user data" if part.file_name != NAMELESS else "its user data"


@lru_cache(maxsize=128)
def load_cloud_config(text: str) -> Any:  # noqa: ANN401 - whatever the document holds
    """Return what a cloud-config document holds; it must not be changed.

    Raises:
        yaml.YAMLError: It is not valid YAML.
        ValueError: A date in it is none.
    """
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader


def _read(value: object) -> tuple[int | None, tuple[ReadPart, ...]] | None:
    match value:
        case str():
            return _unpacked(value)
        case {"Fn::Base64": inner}:
            text = rendered(inner)
            if text is None:
                return None
            return len(text.encode()) if isinstance(inner, str) else None, read_parts(text)
        case _:
            return None


@lru_cache(maxsize=128)
def _unpacked(encoded: str) -> tuple[int, tuple[ReadPart, ...]] | None:
    content = from_base64(encoded)
    if not content:
        return None
    plain = unzipped(content)
    try:
        parts = read_parts(plain.decode()) if plain is not None else ()
    except UnicodeDecodeError:
        parts = ()
    return len(content), parts or (_unreadable(len(content)),)


def _unreadable(size: int) -> ReadPart:
    return ReadPart(content_type="", file_name=NAMELESS, text=None, size=size)
