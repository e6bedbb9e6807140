"""Frozen values as plain JSON and back, and JSON as bytes that are always the same."""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

ValueT = TypeVar("ValueT")


def plain(value: Any) -> Any:  # noqa: ANN401 - any value of the model, any JSON
    """Return a value as what JSON knows: dataclasses as objects, times as ISO 8601."""
    match value:
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case frozenset() | set():
            return sorted((plain(item) for item in value), key=str)
        case tuple() | list():
            return [plain(item) for item in value]
        case _ if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value


def restored(kind: type[ValueT], value: Any, path: str = "") -> ValueT:  # noqa: ANN401 - any JSON
    """Return the frozen value that :func:`plain` made JSON of.

    Args:
        kind: A dataclass whose fields are text, numbers, moments, enumerations, tuples,
            mappings, and dataclasses again.
        value: The JSON.
        path: Where it stands, for an error.

    Raises:
        ValueError: The JSON is of another form; says where.
    """
    if not isinstance(value, dict):
        raise ValueError(f"{path}: is no object")  # noqa: TRY004 - one error for every form
    types = get_type_hints(kind)
    for name in value.keys() - types.keys():
        raise ValueError(f"{path}/{name}: is not known")
    for each in fields(kind):  # type: ignore[arg-type] # a dataclass, by the contract
        if each.name not in value and each.default is each.default_factory is MISSING:
            raise ValueError(f"{path}/{each.name}: is missing")
    return kind(
        **{name: _value(types[name], item, f"{path}/{name}") for name, item in value.items()}
    )


def _value(kind: Any, value: Any, path: str) -> Any:  # noqa: ANN401 - any type, any JSON
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return _one_of(arguments, value, path)
    if origin in {tuple, Sequence, Collection} and isinstance(value, list):
        return tuple(_value(arguments[0], item, f"{path}/{n}") for n, item in enumerate(value))
    if origin is Mapping and isinstance(value, dict):
        return {key: _value(arguments[1], item, f"{path}/{key}") for key, item in value.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        return restored(kind, value, path)
    return value if kind is Any else _leaf(kind, value, path)


def _leaf(kind: Any, value: Any, path: str) -> Any:  # noqa: ANN401 - see _value
    if isinstance(kind, type) and issubclass(kind, StrEnum) and value in set(kind):
        return kind(value)
    if kind is datetime and isinstance(value, str):
        return _moment(value, path)
    if kind is float and type(value) is int:
        return float(value)
    if get_origin(kind) is None and type(value) is kind:
        return value
    raise ValueError(f"{path}: is of the wrong type")


def _moment(value: str, path: str) -> datetime:
    with suppress(ValueError):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment
    raise ValueError(f"{path}: is no moment")


def _one_of(kinds: tuple[Any, ...], value: Any, path: str) -> Any:  # noqa: ANN401 - see _value
    if value is None and NoneType in kinds:
        return None
    for kind in kinds:
        with suppress(ValueError):
            return _value(kind, value, path)
    raise ValueError(f"{path}: is of the wrong type")


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """Yield the leaves of a JSON value, each with its path; what is empty is a leaf too.

    >>> dict(walk({"A": [1, {"B": "x"}]}))
    {'.A[0]': 1, '.A[1].B': 'x'}
    """
    match value:
        case Mapping() if value:
            for key, item in value.items():
                yield from walk(item, f"{path}.{key}")
        case list() if value:
            for index, item in enumerate(value):
                yield from walk(item, f"{path}[{index}]")
        case _:
            yield path, value


def kind_name(kind: type) -> str:
    """Return the name of a class as JSON has it.

    >>> kind_name(NoneType)
    'none_type'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


def as_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a document as a file's bytes: JSON that people can read, always the same."""
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()


def sha256(body: bytes) -> str:
    """Return the hash of bytes, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()
