"""Reads which requests a rule is for, as the API has it.

Source: Application Load Balancers user guide, "Condition types for listener rules".
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cdinfra.local.hosts.balancer.model import Condition, NotCarried
from cdinfra.local.hosts.balancer.quoting import PRINTABLE

PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]+")
"""Names of headers and query parameters that can stand in one of HAProxy's expressions."""


def read_conditions(
    given: Sequence[Mapping[str, Any]],
) -> tuple[tuple[Condition, ...], NotCarried | None]:
    """Read the conditions of a rule.

    Args:
        given: The conditions, as the API has them.

    Returns:
        Those that are carried, and the answer to what meets them where not all are.
    """
    conditions: list[Condition] = []
    not_carried = None
    for each in given:
        read = _condition(each)
        if read is None:
            shown = {key: value for key, value in each.items() if value}
            not_carried = NotCarried(what=f"the condition {shown}")
        else:
            conditions += read
    return tuple(conditions), not_carried


def _condition(given: Mapping[str, Any]) -> list[Condition] | None:
    match given.get("Field"):
        case "path-pattern":
            found = _one("path", _values(given, "PathPatternConfig"))
        case "host-header":
            values = _values(given, "HostHeaderConfig")
            found = _one("req.hdr(host),host_only", values, ignore_case=True)
        case "http-header":
            found = _header(given.get("HttpHeaderConfig") or {})
        case "http-request-method":
            found = _method((given.get("HttpRequestMethodConfig") or {}).get("Values"))
        case "query-string":
            found = _query((given.get("QueryStringConfig") or {}).get("Values"))
        case _:
            found = None
    return found


def _header(config: Mapping[str, Any]) -> list[Condition] | None:
    name = str(config.get("HttpHeaderName"))
    if PLAIN_NAME.fullmatch(name) is None:
        return None
    return _one(f"req.fhdr({name})", config.get("Values"), ignore_case=True)


def _method(values: Sequence[str] | None) -> list[Condition] | None:
    """Read methods, which are compared as they are: no character of theirs is wild."""
    if any(PLAIN_NAME.fullmatch(str(each)) is None for each in values or ()):
        return None
    return _one("method", values)


def _values(given: Mapping[str, Any], config: str) -> Sequence[str] | None:
    named: Sequence[str] | None = (given.get(config) or {}).get("Values")
    return named or given.get("Values")


def _one(
    fetch: str, values: Sequence[str] | None, *, ignore_case: bool = False
) -> list[Condition] | None:
    if not values or any(PRINTABLE.fullmatch(str(each)) is None for each in values):
        return None
    patterns = tuple(map(str, values))
    return [Condition(fetch=fetch, patterns=patterns, ignore_case=ignore_case)]


def _query(values: Sequence[Mapping[str, str]] | None) -> list[Condition] | None:
    """Read pairs of a query string: one of them must be there, so all need the same key."""
    keys = {str(each.get("Key")) for each in values or ()}
    if len(keys) != 1 or PLAIN_NAME.fullmatch(key := keys.pop()) is None or key == "None":
        return None
    patterns = [str(each.get("Value")) for each in values or ()]
    return _one(f"url_param({key})", patterns, ignore_case=True)
