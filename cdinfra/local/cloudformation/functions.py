"""The intrinsic functions that need nothing but their arguments.

Each takes its argument already resolved. What is known only after the deployment is
``UNKNOWN``, and so is every function of it.
"""

import base64
import ipaddress
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from cdinfra.local.cloudformation.template import text_of


class IntrinsicError(Exception):
    """A function that cannot be resolved.

    Attributes:
        message: CloudFormation's own words where it has some.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnresolvedResourceError(IntrinsicError):
    """A reference to a resource that the stack does not have."""

    def __init__(self, logical_id: str, *, block: str = "Resources") -> None:
        # The service has the prefix for one block only.
        prefix = "Template format error: " if block == "Resources" else ""
        super().__init__(
            f"{prefix}Unresolved resource dependencies [{logical_id}] in the {block} block of the "
            "template"
        )
        self.logical_id = logical_id


class Unknown(str):
    """The type of ``UNKNOWN``; it is a string, so that a document with it is still JSON."""

    __slots__ = ()


UNKNOWN: Final = Unknown("{{changeSet:KNOWN_AFTER_APPLY}}")
"""What is known only after the deployment, shown as ``DescribeChangeSet`` shows it."""

_CIDR_BLOCKS: Final = (1, 256)
"""Source: CloudFormation User Guide, "Fn::Cidr", ``count``."""

_CIDR_BITS: Final = (1, 128)

_CONDITIONS: Final = (2, 10)
"""Source: CloudFormation User Guide, "Condition functions"."""


def contains_unknown(value: object) -> bool:
    """Return whether a value is or holds ``UNKNOWN``."""
    if isinstance(value, dict):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(contains_unknown(item) for item in value)
    return isinstance(value, Unknown)


def join(argument: object) -> str:
    """``Fn::Join``: the texts of a list, with a delimiter between them."""
    match argument:
        case [str(), Unknown()]:
            return UNKNOWN
        case [str(delimiter), [*items]] if not any(isinstance(i, dict | list) for i in items):
            if contains_unknown(argument):
                return UNKNOWN
            return delimiter.join(text_of(item) for item in items)
        case _:
            raise IntrinsicError(
                "Template error: every Fn::Join object requires two parameters, (1) a string "
                "delimiter and (2) a list of strings to be joined or a function that returns a "
                "list of strings (such as Fn::GetAZs) to be joined."
            )


def split(argument: object) -> list[str] | str:
    """``Fn::Split``: a text, cut at a delimiter."""
    match argument:
        case [str(delimiter), str(text)] if delimiter:
            return UNKNOWN if contains_unknown(argument) else text.split(delimiter)
        case _:
            raise IntrinsicError(
                "Template error: every Fn::Split object requires two parameters, (1) a string "
                "delimiter and (2) a string to be split or a function that returns a string to "
                "be split."
            )


def select(argument: object) -> Any:  # noqa: ANN401 - an element is of any type
    """``Fn::Select``: one element of a list, counted from 0."""
    match argument:
        case [_, Unknown()] | [Unknown(), _]:
            return UNKNOWN
        case [int() | str() as index, [*items]] if text_of(index).isdecimal():
            position = int(index)
            if position >= len(items):
                raise IntrinsicError(
                    f"Template error: Fn::Select cannot select nonexistent value at index {index}"
                )
            return items[position]
        case _:
            raise IntrinsicError(
                "Template error: Fn::Select requires a list argument with two elements: an "
                "integer index and a list"
            )


def encode_base64(argument: object) -> str:
    """``Fn::Base64`` of a text."""
    if isinstance(argument, Unknown):
        return UNKNOWN
    if isinstance(argument, dict | list):
        raise IntrinsicError(
            "Template error: every Fn::Base64 object must have a String-typed value."
        )
    return base64.b64encode(text_of(argument).encode()).decode()


def cidr(argument: Any) -> list[str] | str:  # noqa: ANN401 - checked here
    """``Fn::Cidr``: so many blocks of so many host bits, from the start of a block."""
    if contains_unknown(argument):
        return UNKNOWN
    match argument:
        case [str(block), count, bits] if _in_range(count, _CIDR_BLOCKS) and _in_range(
            bits, _CIDR_BITS
        ):
            return _subnets(block, int(count), int(bits))
        case _:
            raise IntrinsicError(
                "Template error: every Fn::Cidr object requires three parameters: an IP block, "
                "a count between 1 and 256 and the number of subnet bits"
            )


def _subnets(block: str, count: int, bits: int) -> list[str]:
    try:
        network = ipaddress.ip_network(block)
        subnets = network.subnets(new_prefix=network.max_prefixlen - bits)
        blocks = [str(subnet) for subnet in itertools.islice(subnets, count)]
    except ValueError as error:
        raise IntrinsicError(f"Template error: Fn::Cidr of {block}: {error}") from error
    if len(blocks) < count:
        raise IntrinsicError(
            f"Template error: Fn::Cidr cannot cut {count} blocks of {bits} bits from {block}"
        )
    return blocks


def equals(argument: object) -> bool:
    """``Fn::Equals`` of two values; scalars are compared as texts."""
    match argument:
        case [left, right]:
            return _comparable(left) == _comparable(right)
        case _:
            raise IntrinsicError(
                "Template error: every Fn::Equals object requires a list of 2 string parameters."
            )


def conjunction(argument: object) -> bool:
    """``Fn::And`` of two to ten conditions."""
    return all(_conditions("Fn::And", argument))


def disjunction(argument: object) -> bool:
    """``Fn::Or`` of two to ten conditions."""
    return any(_conditions("Fn::Or", argument))


def negation(argument: object) -> bool:
    """``Fn::Not`` of one condition."""
    match argument:
        case [bool(value)]:
            return not value
        case _:
            raise IntrinsicError(
                "Template error: every Fn::Not object requires one boolean parameter."
            )


def length(argument: object) -> int | str:
    """``Fn::Length`` of a list."""
    if isinstance(argument, Unknown):
        return UNKNOWN
    if not isinstance(argument, list):
        raise IntrinsicError("Template error: Fn::Length requires a list.")
    return len(argument)


def to_json_string(argument: object) -> str:
    """``Fn::ToJsonString`` of an object or list."""
    if contains_unknown(argument):
        return UNKNOWN
    if not isinstance(argument, dict | list):
        raise IntrinsicError("Template error: Fn::ToJsonString requires an object or a list.")
    return json.dumps(argument, separators=(",", ":"))


PURE_FUNCTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "Fn::And": conjunction,
    "Fn::Base64": encode_base64,
    "Fn::Cidr": cidr,
    "Fn::Equals": equals,
    "Fn::Join": join,
    "Fn::Length": length,
    "Fn::Not": negation,
    "Fn::Or": disjunction,
    "Fn::Select": select,
    "Fn::Split": split,
    "Fn::ToJsonString": to_json_string,
}
"""By the name in the template."""


def _conditions(name: str, argument: object) -> tuple[bool, ...]:
    least, most = _CONDITIONS
    if (
        not isinstance(argument, list)
        or not least <= len(argument) <= most
        or not all(isinstance(item, bool) for item in argument)
    ):
        raise IntrinsicError(
            f"Template error: every {name} object requires a list of at least {least} and at most "
            f"{most} boolean parameters."
        )
    return tuple(argument)


def _comparable(value: object) -> object:
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    return text_of(value)


def _in_range(value: object, limits: tuple[int, int]) -> bool:
    text = text_of(value)
    return text.isdecimal() and limits[0] <= int(text) <= limits[1]
