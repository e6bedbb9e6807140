"""Reads a template's body, JSON or YAML with CloudFormation's short tags, as plain data.

The YAML here is what CloudFormation reads, not all of YAML 1.1: a date such as the
``2012-10-17`` of a policy stays a string, and so does an account id that starts with 0.
"""

import json
import re
from typing import Any, Final

import yaml

Document = dict[str, Any]

_TAGS_WITHOUT_PREFIX: Final = ("Ref", "Condition")


class TemplateError(Exception):
    """A template that CloudFormation would refuse.

    Attributes:
        message: CloudFormation's own words; the API answers them as a ``ValidationError``.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def load_body(body: str) -> Document:
    """Return the document that a template's body holds.

    Raises:
        TemplateError: The body is not well-formed, is no mapping, or has a null in it.
    """
    document = _load_json(body) if body.lstrip().startswith("{") else _load_yaml(body)
    if not isinstance(document, dict):
        raise TemplateError("Template format error: unsupported structure.")
    _refuse_null(document, "")
    return document


def _load_json(body: str) -> object:
    try:
        return json.loads(body, object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        raise TemplateError(
            "Template format error: JSON not well-formed. "
            f"(line {error.lineno}, column {error.colno})"
        ) from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Document:
    document: Document = {}
    for key, value in pairs:
        if key in document:
            raise TemplateError(f"Template format error: JSON not well-formed. Duplicate key {key}")
        document[key] = value
    return document


def _load_yaml(body: str) -> object:
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506 - derives from the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise TemplateError(f"Template format error: YAML not well-formed.{where}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise TemplateError("Template format error: YAML not well-formed.") from error


def _refuse_null(value: object, path: str) -> None:
    if value is None:
        raise TemplateError(f"[{path}] 'null' values are not allowed in templates")
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_null(item, f"{path}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_null(item, f"{path}/{index}")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # chosen at run time: libyaml's is ten times as fast
    """Safe loading of YAML with short tags, without YAML 1.1's surprising scalars."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own attribute


def _construct_mapping(loader: Any, node: yaml.MappingNode) -> Document:  # noqa: ANN401 - PyYAML's loader
    loader.flatten_mapping(node)
    document: Document = {}
    for key_node, value_node in node.value:
        # A key is a name: one such as Yes or 80 is what is written.
        key = str(key_node.value)
        if key in document:
            raise yaml.MarkedYAMLError(
                problem=f"duplicate key {key}", problem_mark=key_node.start_mark
            )
        document[key] = loader.construct_object(value_node, deep=True)
    return document


def _construct_short_tag(loader: Any, suffix: str, node: yaml.Node) -> Document:  # noqa: ANN401 - PyYAML's loader
    name = suffix if suffix in _TAGS_WITHOUT_PREFIX else f"Fn::{suffix}"
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = _construct_mapping(loader, node)
        case _:
            raise TypeError(f"a YAML node of a kind that YAML does not have: {node}")
    if name == "Fn::GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name: value}


def _prepare() -> None:
    _Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
    _Loader.add_multi_constructor("!", _construct_short_tag)
    scalars = (
        ("bool", r"true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF"),
        ("int", r"[-+]?(?:0|[1-9][0-9]*)"),
        ("float", r"[-+]?(?:0|[1-9][0-9]*)?\.[0-9]+(?:[eE][-+]?[0-9]+)?"),
        ("null", r"~|null|Null|NULL|"),
        ("merge", r"<<"),
    )
    for name, pattern in scalars:
        _Loader.add_implicit_resolver(
            f"tag:yaml.org,2002:{name}", re.compile(f"(?:{pattern})$"), None
        )


_prepare()
