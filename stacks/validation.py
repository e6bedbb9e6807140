"""Checks of settings: each returns every problem it finds, so that a stack reports all at once."""

import re
from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv4Network, ip_network

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import OutputReference, OutsideSource, Value

ARN_PATTERN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws)?:\S+")
"""Any ARN. Source: IAM user guide, "Identify AWS resources with Amazon Resource Names"."""

LOG_RETENTION_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922}
    | {3288, 3653}
)
"""Source: CloudWatch Logs, PutRetentionPolicy, parameter retentionInDays."""


def raise_problems(problems: Iterable[Problem]) -> None:
    """Raise one error with every problem, if there is any.

    Raises:
        InvalidInputError: There are problems.
    """
    if found := tuple(problems):
        raise InvalidInputError(found)


def integer_problems(path: str, value: object, minimum: int, maximum: int) -> Iterator[Problem]:
    """Check a whole number against a range, both ends included."""
    if isinstance(value, bool) or not isinstance(value, int):
        yield Problem(path=path, message=f"{value!r} is not a whole number")
    elif not minimum <= value <= maximum:
        yield Problem(path=path, message=f"is {value}", hint=f"from {minimum} to {maximum}")


def type_problems(path: str, value: object, *expected: type) -> Iterator[Problem]:
    """Check that a value is of one of the expected types."""
    if not isinstance(value, expected):
        names = " or ".join(kind.__name__ for kind in expected if kind is not type(None))
        yield Problem(path=path, message=f"{value!r} is not a {names}")


def tuple_problems(path: str, values: object, *expected: type) -> Iterator[Problem]:
    """Check that a value is a tuple (or list) whose members are of the expected types."""
    if isinstance(values, str) or not isinstance(values, tuple | list):
        yield Problem(path=path, message=f"{values!r} is not a tuple", hint="write (value,)")
        return
    for index, value in enumerate(values):
        yield from type_problems(f"{path}/{index}", value, *expected)


def retention_problems(path: str, days: object) -> Iterator[Problem]:
    """Check a retention of log events."""
    whole = isinstance(days, int) and not isinstance(days, bool)
    if not whole or days not in LOG_RETENTION_DAYS:
        hint = "one of " + ", ".join(map(str, sorted(LOG_RETENTION_DAYS)))
        yield Problem(path=path, message=f"CloudWatch Logs cannot keep {days!r} days", hint=hint)


def cidr_problems(path: str, value: object) -> Iterator[Problem]:
    """Check an IPv4 block of addresses."""
    if parse_cidr(value) is None:
        hint = "for example 10.0.0.0/16, without bits set behind the prefix"
        yield Problem(path=path, message=f"{value!r} is not a block of IPv4 addresses", hint=hint)


def parse_cidr(value: object) -> IPv4Network | None:
    """Return the block of addresses, or None if ``value`` is none."""
    if not isinstance(value, str) or "/" not in value:
        return None
    try:
        network = ip_network(value)
    except ValueError:
        return None
    return network if isinstance(network, IPv4Network) and str(network) == value else None


def value_problems(path: str, value: Value | None, pattern: str, example: str) -> Iterator[Problem]:
    """Check an id: another stack's output, a source, or a string of a certain form.

    Args:
        path: Where the value stands.
        value: The id; None is a problem too.
        pattern: What the whole string must match.
        example: A right value, for the hint.
    """
    match value:
        case _ if isinstance(value, OutputReference | OutsideSource):
            return
        case str() if re.fullmatch(pattern, value):
            return
        case _:
            message = f"{value!r} is neither an id of this kind nor another stack's output"
            yield Problem(path=path, message=message, hint=f"for example {example}")


def arn_problems(path: str, value: Value, service: str) -> Iterator[Problem]:
    """Check an ARN of a service, or another stack's output."""
    example = f"arn:aws:{service}:eu-west-1:123456789012:…"
    yield from value_problems(path, value, rf"arn:aws[a-z-]*:{service}:\S+", example)


def duplicate_problems(path: str, values: Collection[object]) -> Iterator[Problem]:
    """Check that nothing is named twice."""
    for value in {repr(value): value for value in values}.values():
        if list(values).count(value) > 1:
            yield Problem(path=path, message=f"{value!r} is named twice")
