"""Reads a parameter's value from a file: its text, or one value of a JSON or YAML file."""

import json
from pathlib import Path
from typing import Any

from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model import FromFile


def load_file_value(path: str, source: FromFile, folder: Path) -> str:
    """Return the value that a file holds.

    Args:
        path: Where the parameter stands, for an error.
        source: The file, and perhaps a key.
        folder: Where a relative path starts.

    Raises:
        InvalidInputError: The file cannot be read, or there is no such value in it.
    """
    text = _read(path, folder / source.path)
    if source.key is None:
        return text.rstrip("\r\n")
    return _text(path, source, _find(path, source, _parse(path, source, text)))


def _read(path: str, file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _error(path, f"there is no file {file}") from None
    except UnicodeDecodeError:
        raise _error(path, f"{file} is no text in UTF-8") from None
    except OSError as error:
        raise _error(path, f"{file} cannot be read: {error.strerror}") from None


def _parse(path: str, source: FromFile, text: str) -> object:
    import yaml  # noqa: PLC0415 - only a file with keys needs it

    try:
        if source.path.endswith(".json"):
            return json.loads(text, parse_int=str, parse_float=str)
        # Every value stays the text that is written: 1.10 is a version, and 010 no octal number.
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes nothing but strings
    except (ValueError, yaml.YAMLError, RecursionError):
        # Neither parser's words are repeated: they quote the file, which may hold a secret.
        kind = "JSON" if source.path.endswith(".json") else "YAML"
        raise _error(path, f"{source.path} is no {kind}") from None


def _find(path: str, source: FromFile, document: object) -> object:
    found: Any = document
    for key in (source.key or "").split("."):
        if not isinstance(found, dict) or key not in found:
            hint = nearest(key, found) if isinstance(found, dict) else ""
            raise _error(path, f"{source.path} has no {source.key}", hint)
        found = found[key]
    return found


def _text(path: str, source: FromFile, value: object) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case list() if all(isinstance(each, str) for each in value):
            return ",".join(value)
        case _:
            hint = "a string, a number, true or false, or a list of strings"
            raise _error(path, f"{source.key} in {source.path} is no value of a parameter", hint)


def _error(path: str, message: str, hint: str = "") -> InvalidInputError:
    return InvalidInputError(Problem(path=path, message=message, hint=hint))
