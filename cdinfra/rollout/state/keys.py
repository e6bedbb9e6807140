"""Where in the app's bucket the state of a deploy group is."""

import re

DIGITS = 10
"""Digits of a number in a key: in the order of their names, objects are in that of numbers."""

_NUMBERED = re.compile(rf"(?:.*/)?(?P<number>[0-9]{{{DIGITS}}})\.json", re.DOTALL)


def lock_key(group: str) -> str:
    """Return the key of a deploy group's lock.

    >>> lock_key("shop-dev-web")
    'locks/shop-dev-web.json'
    """
    return f"locks/{group}.json"


def journal_prefix(group: str) -> str:
    """Return what the keys of a deploy group's journals begin with."""
    return f"rollouts/{group}/"


def history_prefix(group: str) -> str:
    """Return what the keys of a deploy group's history begin with."""
    return f"history/{group}/"


def numbered_key(prefix: str, number: int) -> str:
    """Return the key of one of several objects.

    >>> numbered_key("history/shop-dev-web/", 7)
    'history/shop-dev-web/0000000007.json'
    """
    return f"{prefix}{number:0{DIGITS}}.json"


def number_of(key: str) -> int | None:
    """Return the number that a key ends with; None where it is no such key."""
    found = _NUMBERED.fullmatch(key)
    return int(found["number"]) if found else None
